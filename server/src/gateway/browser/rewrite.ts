import { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { Refusal } from '../../errors.ts'
import type { MapAddress } from '../map-address.ts'
import { newHtmlRewriter } from './html.ts'

/** 8 MB of what came before, as browsers take it (RFC 9659); a frame may ask for 128. */
const openZstd = () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } })

const decoders: Readonly<Record<string, () => Transform & { bytesWritten: number }>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: openZstd,
}

/** A page may unpack to so much, or to so many times its own size. */
const unpackedMaximum = 4_000_000
const ratioMaximum = 100

const guardBomb = (decoder: { bytesWritten: number }): Transform => {
  let passed = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length
      const isBomb = passed > unpackedMaximum && passed > decoder.bytesWritten * ratioMaximum
      if (isBomb) done(new Refusal('upstream_refused', { detail: 'Its page unpacks to far more than it is.' }))
      else done(null, chunk)
    },
  })
}

const unpack = (encoding: string): Transform[] => {
  if (encoding === 'identity') return []
  const open = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  if (!open) throw new Refusal('upstream_refused', { detail: 'Its page is packed in a way that is not passed on.' })
  const decoder = open()
  return [decoder, guardBomb(decoder)]
}

/** A head as names and values by turns. */
const valueIn = (head: readonly string[], name: string): string | undefined => {
  const at = head.findIndex((text, i) => i % 2 === 0 && text === name)
  return at < 0 ? undefined : head[at + 1]
}

const without = (head: readonly string[], names: readonly string[]): string[] =>
  head.filter((_, i) => !names.includes(head[i - (i % 2)] as string))

type Given = { method: string; status: number; head: readonly string[]; map: MapAddress; hasBase: boolean }

/** Statuses that have no page, or a part of one. */
const isWithoutPage = (status: number): boolean => status === 204 || status === 206 || status === 304

/**
 * How a page of the product is changed on its way to a browser, step by step; undefined where an answer goes as it came. What is packed
 * is unpacked, and its length is not known before its end.
 */
export const rewritePage = ({ method, status, head, map, hasBase }: Given): { head: string[]; steps: Transform[] } | undefined => {
  const type = valueIn(head, 'content-type') ?? ''
  if (!/^\s*text\/html\s*(?:;|$)/i.test(type) || isWithoutPage(status)) return undefined
  const rest = without(head, ['content-length', 'content-encoding', 'accept-ranges'])
  if (method === 'HEAD') return { head: rest, steps: [] }
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(type) ?? []
  const encoding = (valueIn(head, 'content-encoding') ?? 'identity').trim().toLowerCase()
  return { head: rest, steps: [...unpack(encoding), newHtmlRewriter({ map, hasBase, charset: charset?.toLowerCase() })] }
}
