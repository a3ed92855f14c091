import type { Door } from './door.ts'

const sweepMilliseconds = 20

/**
 * Answers what closes the door: nothing new is taken, and every request under way gets its answer. Connections without one are
 * not waited for: callers keep them, and browsers open some that they never use.
 */
export const newDrain = (door: Door): (() => Promise<void>) => {
  let underWay = 0
  door.server.on('request', (_request, response) => {
    underWay += 1
    response.once('close', () => {
      underWay -= 1
    })
  })
  return async () => {
    const sweep = setInterval(() => {
      if (underWay === 0) door.server.closeAllConnections()
      else door.server.closeIdleConnections()
    }, sweepMilliseconds)
    await door.close().finally(() => clearInterval(sweep))
  }
}
