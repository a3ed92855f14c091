import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { Trouble } from './errors.ts'

type Given = {
  config: Pick<Config, 'data_dir'>
  environment: NodeJS.ProcessEnv
  /** Options of Node itself. */
  execArgv: readonly string[]
}

const modeOf = (path: string): number => statSync(path).mode & 0o777
const format = (mode: number): string => mode.toString(8).padStart(4, '0')

/** Whoever has this has the database. */
const requireSecret = (path: string): void => {
  if (process.platform === 'win32' || !existsSync(path) || (modeOf(path) & 0o077) === 0) return
  throw new Trouble(
    `The database's password in ${path} can be read by others on this host (mode ${format(modeOf(path))}).`,
    `Find out who could have read it, then close it: chmod 600 ${path}`,
  )
}

/** Others may pass through, as the database's own user has to where root starts the program; they may not write, and need not look. */
const judgeFolder = (path: string): string[] => {
  if (process.platform === 'win32') return []
  const mode = modeOf(path)
  if ((mode & 0o022) !== 0) {
    throw new Trouble(
      `Others on this host can write to the data folder ${path} (mode ${format(mode)}).`,
      `Find out who could have, then close it: chmod go-rw ${path}`,
    )
  }
  return (mode & 0o044) === 0
    ? []
    : [`The data folder ${path} can be read by others on this host (mode ${format(mode)}): chmod go-r ${path}`]
}

const inspects = (option: string): boolean => /^--(inspect|debug)/.test(option)

/**
 * Refuses a data folder that others could change, a password that they could read, and certificates that nobody checks. Answers what else opens the program to others on
 * this host: somebody may want that for an hour.
 */
export const findExposures = ({ config, environment, execArgv }: Given): string[] => {
  const folder = judgeFolder(config.data_dir)
  requireSecret(join(config.data_dir, 'postgres.secret'))
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new Trouble(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns certificate checks off: anybody on the network path could pose as your product or your identity provider.',
      'Take it away. For a certificate authority of your own set tls.ca_file.',
    )
  }
  const options = [...execArgv, ...(environment.NODE_OPTIONS ?? '').split(/\s+/)].filter(inspects)
  if (options.length === 0) return folder
  return [...folder, `${options.join(' ')} lets whoever reaches its port run code in this program and read its keys: not for production`]
}
