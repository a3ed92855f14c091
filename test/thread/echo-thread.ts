import { Trouble } from '../../server/src/errors.ts'
import { serveThread } from '../../server/src/thread.ts'

type Data = { trouble?: string; closed: SharedArrayBuffer }

/** Answers what it is told; ends on "die"; counts how often it has closed. */
await serveThread<Data, string, string>(async ({ trouble, closed }, tell) => {
  tell('begun')
  if (trouble !== undefined) throw new Trouble(trouble, 'Do something.')
  return {
    hear: (message) => {
      if (message === 'die') throw new Error('told to')
      tell(`heard ${message}`)
    },
    close: async () => void Atomics.add(new Int32Array(closed), 0, 1),
  }
})
