import { Command, CommanderError } from 'commander'
import { Refusal, Trouble } from '../errors.ts'
import { version } from '../version.ts'
import type { Start } from './start.ts'

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Says what is wrong and what to do next, on standard error. */
const complain = (error: unknown): void => {
  if (error instanceof Trouble) process.stderr.write(`\ncountersign: ${error.message}\n  ${error.hint}\n`)
  else if (error instanceof Refusal) process.stderr.write(`\ncountersign: ${error.message} (${error.code})\n`)
  else process.stderr.write(`\ncountersign: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}

/** The command line. Answers the exit code. `start` comes from above: it is the whole program. */
export const runCli = async (args: readonly string[], { start }: { start: Start }): Promise<number> => {
  let code = 0
  const program = new Command('countersign')
    .description('Support access console: read-only by default, gated, time-limited, on a log the customer can verify.')
    .version(version)
    .option('--config <file>', 'configuration file (default: countersign.config.yaml here, else the example)')
    .exitOverride()
    .showHelpAfterError()
    .addHelpText('after', '\nExample:\n  countersign keys create --tenant ten_0001 --name "Globex SIEM"\n')
  const file = () => program.opts<{ config?: string }>().config
  // Commands are loaded when they are called, so that each starts without the weight of the others.
  const work = async (command: (opened: import('./open.ts').Opened) => Promise<unknown>): Promise<void> => {
    const { withStore } = await import('./open.ts')
    const result = await withStore(file(), command)
    if (typeof result === 'number') code = result
  }

  program
    .command('start')
    .description('run the console, the gateway and the log')
    .option('--json', 'print one JSON line with the addresses')
    .action(async (options: { json?: boolean }) => {
      const { runStart } = await import('./start.ts')
      code = await runStart(start, { file: file(), json: options.json === true })
    })
  program
    .command('migrate')
    .description('bring the database up to this version')
    .action(() => work(async ({ database }) => say(`${database.description} is up to date.`)))

  const keys = program.command('keys').description('API keys of tenants')
  keys
    .command('create')
    .description('create a key; it is shown once')
    .requiredOption('--tenant <id>', 'the tenant it belongs to')
    .requiredOption('--name <text>', 'what it is for')
    .option('--permission <name...>', 'what it may do (default: audit:read)')
    .option('--expires-in-days <n>', 'when it ends by itself (default: never)')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./keys.ts')).runKeysCreate(opened, options, say)))
  keys
    .command('list')
    .description('list keys, without the secrets')
    .option('--tenant <id>', 'of this tenant only')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./keys.ts')).runKeysList(opened, options, say)))
  keys
    .command('revoke')
    .description('revoke a key, for good')
    .argument('<id>', 'its id, key_…')
    .action((id: string) => work(async (opened) => (await import('./keys.ts')).runKeysRevoke(opened, id, say)))

  const staff = program.command('staff').description('people who signed in')
  staff
    .command('list')
    .description('list them with their roles')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./staff.ts')).runStaffList(opened, options, say)))
  staff
    .command('disable')
    .description('end their sign-ins and refuse them from now on')
    .argument('<who>', 'id or e-mail address')
    .action((who: string) => work(async (opened) => (await import('./staff.ts')).runStaffDisable(opened, who, say)))
  staff
    .command('enable')
    .description('let them sign in again')
    .argument('<who>', 'id or e-mail address')
    .action((who: string) => work(async (opened) => (await import('./staff.ts')).runStaffEnable(opened, who, say)))

  try {
    await program.parseAsync(args as string[], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    complain(error)
    return 1
  }
}
