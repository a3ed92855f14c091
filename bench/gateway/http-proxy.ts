// The peer: @fastify/http-proxy, which checks and records nothing.
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'
import { serveParent } from './children.ts'

const app = fastify()
await app.register(proxy, { upstream: process.argv[2] as string, undici: { connections: 100, pipelining: 1 } })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
serveParent({ url, pid: process.pid }, () => app.server.closeAllConnections())
