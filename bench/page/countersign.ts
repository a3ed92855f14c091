// The program with its door for browsers.
import { serveParent } from '../gateway/children.ts'
import { startProgram } from '../gateway/program.ts'

const { server, close } = await startProgram(
  process.argv[2] as string,
  `
  routes:
    - { method: GET, path: /page, scope: 'pages:read' }
  assets: ['/assets/**']
  presets: { read_only: ['pages:read'] }`,
)
serveParent({ console: server.console_url }, close)
