import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyInstance } from 'fastify'

const folder = new URL('../../assets/', import.meta.url)
const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export const avatars = 12

/** A face for those who have none: one of twelve. */
function drawAvatar(n: number): string {
  const hue = (n * 360) / avatars
  const [x, y, size] = [16 + ((n * 7) % 17), 14 + ((n * 11) % 19), 10 + ((n * 5) % 9)]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" fill="hsl(${hue} 42% 46%)"/><circle cx="${x}" cy="${y}" r="${size}" fill="hsl(${(hue + 40) % 360} 62% 68%)"/><path d="M0 48 L48 ${20 + n} V48 Z" fill="hsl(${(hue + 320) % 360} 48% 34%)"/></svg>\n`
}

type Asset = { body: Buffer; type: string; etag: string }
const [paths, files] = [new Map<string, string>(), new Map<string, Asset>()]

/** Its content is part of its name, so that a browser may keep it for good. */
function add(name: string, body: Buffer): void {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 10)
  const extension = extname(name)
  const hashed = `${name.slice(0, -extension.length)}-${hash}${extension}`
  paths.set(name, `/assets/${hashed}`)
  files.set(hashed, { body, type: types[extension] ?? 'application/octet-stream', etag: `"${hash}"` })
}
for (const name of readdirSync(folder)) add(name, readFileSync(new URL(name, folder)))
for (let n = 0; n < avatars; n++) add(`avatar-${n}.svg`, Buffer.from(drawAvatar(n)))

/** Where a file of the folder is served. */
export function assetPath(name: string): string {
  const path = paths.get(name)
  if (path === undefined) throw new Error(`there is no asset ${name}`)
  return path
}

export const avatarPath = (userId: string): string =>
  assetPath(`avatar-${createHash('sha256').update(userId).digest().readUInt8() % avatars}.svg`)

export function mountAssets(app: FastifyInstance): void {
  app.get('/assets/:name', (request, reply) => {
    const file = files.get((request.params as { name: string }).name)
    if (!file) return reply.callNotFound()
    reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('etag', file.etag)
      .header('x-content-type-options', 'nosniff')
    if (request.headers['if-none-match'] === file.etag) return reply.status(304).send()
    return reply.type(file.type).send(file.body)
  })
}
