import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export type Child<T = unknown> = {
  /** What it said in its first line. */
  ready: T
  stop(): Promise<void>
}

const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()))

/** Room for young objects, as `npm start` gives it; the same for everything that is measured. */
const flags = ['--min-semi-space-size=16', '--max-semi-space-size=32']

/** Starts a script of this folder in a process of its own. It says one line of JSON when ready, and ends when its input does. */
export const startChild = async <T>(script: string, args: string[] = []): Promise<Child<T>> => {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [...flags, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ready = await new Promise<T>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as T))
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
  })
  return {
    ready,
    stop: async () => {
      child.stdin.end()
      await exited(child)
    },
  }
}

/** For a script: says that it is ready, and runs `close` when the parent is gone or wants it to end. */
export const serveParent = (ready: unknown, close: () => Promise<unknown> | unknown): void => {
  process.stdin.resume().once('end', async () => {
    await close()
    process.exit(0)
  })
  process.stdout.write(`${JSON.stringify(ready)}\n`)
}

export const median = (figures: readonly number[]): number => {
  const sorted = [...figures].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

const hasNginx = (): boolean => {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const nginxConfig = (folder: string, port: number, upstream: string, auth: string): string => `
daemon off;
master_process on;
worker_processes auto;
error_log ${folder}/error.log warn;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log ${folder}/access.log combined;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 100000000;
  upstream product { server ${new URL(upstream).host}; keepalive 512; keepalive_requests 100000000; }
  upstream auth { server ${new URL(auth).host}; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      auth_request /auth;
      proxy_pass http://product;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
    location = /auth {
      internal;
      proxy_pass http://auth;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
  }
}
`

/** nginx with auth_request to a small service and a plain access log, where nginx is installed; else null. */
export const startNginx = async (upstream: string, children: Child[]): Promise<string | null> => {
  if (!hasNginx()) return null
  const auth = await startChild<{ url: string; free_port: number }>('auth.ts')
  children.push(auth)
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-nginx-'))
  chmodSync(folder, 0o777)
  const port = auth.ready.free_port
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, nginxConfig(folder, port, upstream, auth.ready.url))
  const nginx = spawn('nginx', ['-p', folder, '-c', file], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  children.push({
    ready: undefined,
    stop: async () => {
      nginx.kill('SIGQUIT')
      await exited(nginx)
      rmSync(folder, { recursive: true, force: true })
    },
  })
  for (let i = 0; i < 100; i++) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer) return url
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nginx does not answer')
}
