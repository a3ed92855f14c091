import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Sender, Unsent } from './sender.ts'

type Settings = { path: string; max_bytes: number; keep: number }

const newline = 0x0a
const blockBytes = 65_536

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0

/** Takes away a line that was not written to its end: it was not taken, and comes again. */
const mendEnd = async (path: string): Promise<void> => {
  const file = await open(path, 'a+')
  try {
    const { size } = await file.stat()
    for (let end = size; end > 0; ) {
      const begin = Math.max(0, end - blockBytes)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - begin), 0, end - begin, begin)
      const at = buffer.subarray(0, bytesRead).lastIndexOf(newline)
      if (at >= 0) return await file.truncate(begin + at + 1)
      end = begin
    }
    await file.truncate(0)
  } finally {
    await file.close()
  }
}

/** Renames the file by the place of its first entry that is not in it any more, and removes the oldest ones. */
const rotate = async ({ path, keep }: Settings, nextIndex: number): Promise<void> => {
  await rename(path, `${path}.${String(nextIndex).padStart(12, '0')}`)
  const older = (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.`) && /\.\d{12}$/.test(name)).sort()
  for (const name of older.slice(0, Math.max(0, older.length - keep))) await rm(join(dirname(path), name))
}

/** A file with one line an event, on the disk before it counts as taken. It is renamed when it is full. */
export const openFile = (settings: Settings): Sender => {
  const { path, max_bytes } = settings
  let isMended = false
  const append = async (text: string): Promise<void> => {
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(text)
      await file.datasync()
    } finally {
      await file.close()
    }
  }
  return {
    limits: { events: 500, bytes: 1_000_000 },
    async send(items) {
      try {
        await mkdir(dirname(path), { recursive: true })
        if (!isMended) await mendEnd(path)
        isMended = false
        if ((await sizeOf(path)) >= max_bytes) await rotate(settings, items[0]?.event.log_index ?? 0)
        await append(`${items.map(({ text }) => text).join('\n')}\n`)
        isMended = true
      } catch (cause) {
        throw new Unsent(`the file cannot be written (${(cause as { code?: string }).code ?? 'unknown'})`, { cause })
      }
    },
    close: async () => {},
  }
}
