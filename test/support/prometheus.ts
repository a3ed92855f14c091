import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pickPort } from '../../server/src/ports.ts'
import { until } from './until.ts'

const has = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

/** Why there is no Prometheus to test with; undefined where there is one. In CI, as root on Debian, it is installed. */
export const whyNoPrometheus = (): string | undefined => {
  if (has('prometheus') && has('promtool')) return undefined
  if (process.env.CI && process.getuid?.() === 0 && has('apt-get'))
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'prometheus'], { stdio: 'ignore', timeout: 300_000 })
  return has('prometheus') && has('promtool') ? undefined : 'prometheus or promtool is not installed (Debian: apt-get install prometheus)'
}

export type PrometheusServer = { url: string; stop(): Promise<void>; start(): Promise<void>; remove(): Promise<void> }

/** A real Prometheus that scrapes nothing and remembers what the text says (OpenMetrics, with timestamps). */
export const startPrometheusServer = async (openMetrics: string): Promise<PrometheusServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-prometheus-'))
  writeFileSync(join(folder, 'past.txt'), openMetrics)
  writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n')
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'past.txt'), join(folder, 'data')], {
    stdio: 'ignore',
  })
  const port = await pickPort('127.0.0.1', 0)
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn(
      'prometheus',
      [
        ...[`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`],
        ...[`--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.retention.time=30d'],
      ],
      { stdio: 'ignore' },
    )
    await until(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok, 60)
  }
  const stop = async () => {
    const running = child
    child = undefined
    if (running?.exitCode !== null) return
    running.kill('SIGKILL')
    await once(running, 'exit')
  }
  await start()
  return {
    ...{ url, start, stop },
    remove: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
