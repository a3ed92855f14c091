import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/** What a running program says of itself to commands on the same data folder. */
const Instance = z.object({
  pid: z.number().int(),
  console_url: z.string(),
  gateway_url: z.string(),
  connector_url: z.string(),
  config: z.string(),
})
export type Instance = z.infer<typeof Instance>

const pathOf = (dataDir: string): string => join(dataDir, 'instance.json')

export const writeInstance = (dataDir: string, said: Omit<Instance, 'pid'>): void =>
  writeFileSync(pathOf(dataDir), `${JSON.stringify({ pid: process.pid, ...said, config: resolve(said.config) })}\n`, { mode: 0o600 })

export const forgetInstance = (dataDir: string): void => rmSync(pathOf(dataDir), { force: true })

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The program that runs on this folder; undefined where none does. */
export const findInstance = (dataDir: string): Instance | undefined => {
  try {
    const instance = Instance.parse(JSON.parse(readFileSync(pathOf(dataDir), 'utf8')))
    return isAlive(instance.pid) ? instance : undefined
  } catch {
    return undefined
  }
}
