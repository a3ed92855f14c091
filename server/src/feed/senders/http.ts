import { type Line, openLine } from '../../outbound/line.ts'
import type { Wall } from '../../outbound/wall.ts'
import { type Item, requireTaken, type Sender, unsentBy } from './sender.ts'

const timeoutMs = 30_000
const answerBytes = 4_000_000

export type HttpSettings = { url: string; wall: Wall; ca?: string | undefined }

/** A line to an address, with the path that the configuration gives. */
export const openPoster = ({ url, wall, ca }: HttpSettings) => {
  const { origin, pathname, search } = new URL(url)
  const line: Line = openLine({ timeoutMs, answerBytes, wall, connections: 1, ...(ca === undefined ? {} : { ca }) })
  return {
    /** Posts below the address; `under` replaces what the address has of path and query. */
    post: async (body: string, headers: Record<string, string>, under?: string) => {
      try {
        return await line.send({ origin, target: under ?? `${pathname}${search}`, method: 'POST', headers, body: Buffer.from(body) })
      } catch (error) {
        throw unsentBy(error)
      }
    },
    base: pathname.replace(/\/$/, ''),
    close: line.close,
  }
}
export type Poster = ReturnType<typeof openPoster>

/** A destination to which a batch is one request, and any 2xx a receipt. */
export const newHttpSender = (
  poster: Poster,
  limits: Sender['limits'],
  write: (items: readonly Item[]) => { body: string; headers: Record<string, string>; under?: string },
): Sender => ({
  limits,
  async send(items) {
    const { body, headers, under } = write(items)
    requireTaken(await poster.post(body, headers, under))
  },
  close: poster.close,
})
