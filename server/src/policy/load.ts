import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ConfigFile } from '../config.ts'
import { Trouble } from '../errors.ts'
import { compilePolicy, type Policy } from './compile.ts'
import type { PolicyFile } from './parse-file.ts'
import { tableOf } from './table.ts'

const readRule = (file: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    throw new Trouble(`${file} cannot be read: ${(error as Error).message}`, 'A file of rules is text in UTF-8.', error)
  }
}

const readRules = (folder: string): PolicyFile[] => {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.cedar'))
  } catch (error) {
    throw new Trouble(`policy.folder: ${folder} cannot be read.`, 'Name a folder of *.cedar files, or leave the key out.', error)
  }
  if (names.length === 0)
    throw new Trouble(`policy.folder: ${folder} has no *.cedar file.`, 'Name the folder of the rules, or leave the key out.')
  return names.toSorted().map((name) => ({ name, text: readRule(join(folder, name)) }))
}

/** The policy that a configuration describes, with the files that it names. */
export const loadPolicy = (config: Pick<ConfigFile, 'policy' | 'actions' | 'approvals' | 'identity'> & { source: string }): Policy =>
  compilePolicy({
    table: tableOf(config),
    stepUp: config.policy.step_up ?? config.identity !== undefined,
    files: config.policy.folder === undefined ? [] : readRules(resolve(dirname(config.source), config.policy.folder)),
  })
