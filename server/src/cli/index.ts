import { Command, CommanderError } from 'commander'
import { addressesOf } from '../config.ts'
import { Refusal, Trouble } from '../errors.ts'
import { version } from '../version.ts'
import type { Start } from './start.ts'

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** What is for people only, where a script reads what was said. */
const explain = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const trimSlash = (url: string): string => url.replace(/\/$/, '')

/** Says what is wrong and what to do next, on standard error. */
const complain = (error: unknown): void => {
  if (error instanceof Trouble) process.stderr.write(`\ncountersign: ${error.message}\n  ${error.hint}\n`)
  else if (error instanceof Refusal) process.stderr.write(`\ncountersign: ${error.message} (${error.code})\n`)
  else process.stderr.write(`\ncountersign: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}

type AssertionOptions = { scope: string; tenant: string; user?: string; audience?: string; issuer?: string; json?: boolean }

/** The command line. Answers the exit code. `start` comes from above: it is the whole program. */
export const runCli = async (args: readonly string[], { start }: { start: Start }): Promise<number> => {
  let code = 0
  const program = new Command('countersign')
    .description('Support access console: read-only by default, gated, time-limited, on a log the customer can verify.')
    .version(version)
    .option(
      '--config <file>',
      "configuration file (default: countersign.config.yaml here, else that of the program running on the data folder, else the example's)",
    )
    .exitOverride()
    .showHelpAfterError()
    .addHelpText('after', '\nExample:\n  countersign keys create --tenant ten_globex --name "Globex SIEM"\n')
  const file = () => program.opts<{ config?: string }>().config
  // Commands are loaded when they are called, so that each starts without the weight of the others.
  const work = async (
    command: (opened: import('./open.ts').Opened) => Promise<unknown>,
    options?: { toVerify: boolean },
  ): Promise<void> => {
    const { withStore } = await import('./open.ts')
    const result = await withStore(file(), command, options)
    if (typeof result === 'number') code = result
  }

  /** A verdict is 0 or 1. Whatever kept `verify` from one is 2: a script can tell that from a log that was changed. */
  const judge = async (verify: () => Promise<void>): Promise<void> => {
    try {
      await verify()
    } catch (error) {
      complain(error)
      code = 2
    }
  }

  program
    .command('start')
    .description('run the console, the gateway and the log')
    .option('--json', 'print one JSON line with the addresses')
    .option(
      '--log <place>',
      'where the program logs: file, in the data folder, or stdout, one line of JSON per message (default: COUNTERSIGN_LOG, else file)',
    )
    .option('--roles <list>', 'what this process is for: any of console,gateway,worker (default: as configured, else all)')
    .action(async (options: { json?: boolean; log?: string; roles?: string }) => {
      const { runStart } = await import('./start.ts')
      code = await runStart(start, { file: file(), roles: options.roles, log: options.log, json: options.json === true })
    })
  program
    .command('migrate')
    .description('migrate the database to this version')
    .action(async () => {
      const [{ withDatabase }, { migrate }] = await Promise.all([import('./open.ts'), import('../store/migrate.ts')])
      await withDatabase(file(), async ({ database }) => {
        const applied = await migrate({ ...database.logins, url: database.ownerUrl })
        say(`${database.description} is up to date${applied.length === 0 ? '' : `, now with ${applied.join(', ')}`}.`)
      })
    })
  program
    .command('verify')
    .description('verify a log (in the database here, an exported folder or a running server), or an export of events')
    .argument('[source]', 'folder made by export, file of an export, or address of a server (default: the database here)')
    .option('--checkpoint <file>', 'a checkpoint that you kept: the log must still contain it')
    .option(
      '--promises <file>',
      'promises that you kept (Countersign-Promise headers, one per line, or their notes): the log must keep them',
    )
    .option('--vkey <key>', 'verifier key of the log that you trust (default: the one of the source)')
    .option(
      '--key-file <file>',
      'with an address: a file with an API key, to check every event of its tenant too, and that none is missing',
    )
    .addHelpText(
      'after',
      '\nExit code: 0 if it verifies, 1 if it does not, 2 if it could not be verified, 3 if it verifies but has broken a promise.',
    )
    .addHelpText('after', '\nExample:\n  countersign verify http://localhost:4000 --checkpoint monday.txt\n')
    .action(
      async (
        source: string | undefined,
        { keyFile, ...options }: { checkpoint?: string; promises?: string; vkey?: string; keyFile?: string },
      ) => {
        const { readKeyFile, runVerify } = await import('./verify.ts')
        await judge(async () => {
          if (source === undefined) {
            return work(({ store, keys, config }) => runVerify({ ...options, source: { store, keys, dataDir: config.data_dir } }), {
              toVerify: true,
            })
          }
          const apiKey = keyFile === undefined ? undefined : await readKeyFile(keyFile)
          code = await runVerify({ ...options, source: /^https?:\/\//.test(source) ? { url: source, apiKey } : { folder: source } })
        })
      },
    )
  program
    .command('export')
    .description('write the whole log to a folder that anybody can verify')
    .argument('<folder>', 'a folder that does not exist yet')
    .action((out: string) => work(async (opened) => (await import('./export.ts')).runExport({ ...opened, out, print: say })))
  program
    .command('evidence')
    .description('make one file for an auditor: events, sessions, their proof, a summary and the verifier')
    .requiredOption('--from <instant>', 'first day or instant, such as 2026-10-01')
    .requiredOption('--to <instant>', 'the day or instant after it')
    .option('--tenant <id>', 'only of this tenant')
    .requiredOption('--out <file>', 'file to create, such as evidence.zip')
    .addHelpText('after', '\nExample:\n  countersign evidence --from 2026-10-01 --to 2027-01-01 --out evidence.zip\n')
    .action((options) => work(async (opened) => (await import('./evidence.ts')).runEvidence(opened, options, say)))
  program
    .command('erase')
    .description('erase the personal data stored beside the events; every proof still holds')
    .option('--user <id>', 'what is said about this user of the product')
    .option('--staff <id>', 'e-mail address and name of this staff member, stf_…')
    .option('--tenant <id>', "what is said about this tenant's users")
    .option('--searches-before <date>', 'search texts from before this date')
    .requiredOption('--why <text>', 'the reason, for the log')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  countersign erase --user usr_0042 --why "Request of the person, 3 May"\n')
    .action((options) =>
      work(async ({ database, ...opened }) => {
        const [{ withEraser }, { runErase }] = await Promise.all([import('./open.ts'), import('./erase.ts')])
        return await withEraser(database, (eraser) => runErase({ ...opened, eraser }, options, say))
      }),
    )
  program
    .command('hold')
    .description('keep everything of a tenant from being erased (legal hold); without a tenant: list the holds')
    .option('--tenant <id>', 'the tenant')
    .option('--why <text>', 'the reason, for the log')
    .option('--release', 'end the hold')
    .action((options) => work(async (opened) => (await import('./hold.ts')).runHold(opened, options, say)))
  program
    .command('connector')
    .description("the product's side of the directory")
    .command('check')
    .description('test a connector as an integrator would, and report what is wrong with it')
    .argument('<url>', 'address below which it answers')
    .option('--audience <text>', 'audience of its calls (default: as configured, only at the configured address)')
    .option('--issuer <url>', 'public address of the console (default: as configured)')
    .option('--expendable-user <id>', 'try the acts too, for real, on this user')
    .option('--json', 'print JSON')
    .action(async (url: string, options: { audience?: string; issuer?: string; expendableUser?: string; json?: boolean }) => {
      const [{ runConnectorCheck }, { nameFolder, readConfig, readKeys }] = await Promise.all([
        import('./connector.ts'),
        import('./open.ts'),
      ])
      const config = readConfig(file())
      nameFolder(config)
      const { connector } = config.directory
      // Who answers at another address would get tokens that the configured connector takes for ours.
      if (options.audience === undefined && trimSlash(url) !== trimSlash(connector.url)) {
        throw new Trouble(
          `${url} is not the configured connector (${connector.url}); calls to it must not be valid for that one.`,
          'Give it an audience of its own: --audience <text>.',
        )
      }
      code = await runConnectorCheck({
        url,
        audience: options.audience ?? connector.audience,
        issuer: options.issuer ?? addressesOf(config).console_url,
        keys: readKeys(config),
        expendableUser: options.expendableUser,
        json: options.json === true,
      })
    })

  program
    .command('assertion')
    .description("the product's side of the gateway")
    .command('check')
    .description("test how a product verifies the gateway's assertion, with requests that only read")
    .argument('<url>', 'address of a route that only reads, at the product itself, with its query')
    .requiredOption('--scope <name>', 'scope that the route needs')
    .requiredOption('--tenant <id>', 'a tenant that the product knows')
    .option('--user <id>', 'a user of that tenant (default: the whole tenant)')
    .option('--audience <text>', 'audience of the assertions (default: as configured, only at the configured upstream)')
    .option('--issuer <url>', 'public address of the console (default: as configured)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit code: 0 if nothing failed, 1 if anything did.')
    .addHelpText(
      'after',
      "\nExample:\n  countersign assertion check 'http://127.0.0.1:4002/v1/attestations?limit=1' --scope attestations:read --tenant ten_globex\n",
    )
    .action(async (url: string, { json, ...options }: AssertionOptions) => {
      const [{ audienceAt, runAssertionCheck }, { nameFolder, readConfig, readKeys }] = await Promise.all([
        import('./assertion.ts'),
        import('./open.ts'),
      ])
      const config = readConfig(file())
      nameFolder(config)
      if (!URL.canParse(url)) throw new Trouble(`${url} is not an address.`, 'Give the full address of a route that only reads.')
      const audience = options.audience ?? audienceAt(config.gateway, url)
      if (audience === undefined) {
        const known = [config.gateway.upstream, ...Object.values(config.gateway.upstreams)].join(', ')
        throw new Trouble(
          `${url} is not at the configured upstream (${known}); assertions sent to it must not be valid for that one.`,
          'Give it an audience of its own: --audience <text>.',
        )
      }
      code = await runAssertionCheck({
        url,
        ...options,
        audience,
        issuer: options.issuer ?? addressesOf(config).console_url,
        keys: readKeys(config),
        json: json === true,
      })
    })

  const policy = program.command('policy').description('what each action requires, and of whom')
  policy
    .command('check')
    .description('say whether the policy is valid, or where it is wrong')
    .action(async () => (await import('./policy.ts')).runPolicyCheck(file(), say))
  policy
    .command('show')
    .description('print the table of actions, and the Cedar text that it stands for')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./policy.ts')).runPolicyShow(file(), options, say))
  policy
    .command('explain')
    .description('say what an action requires of somebody, and which of it is met')
    .argument('<action>', 'such as suspend_account')
    .option('--role <name...>', 'roles of the staff member (default: support_admin)')
    .option('--reason <text>', 'the reason given')
    .option('--ticket <name>', 'the ticket given')
    .option('--approved-by <role...>', 'roles of those who approved, one for each person')
    .option('--plan <name>', "the tenant's plan")
    .option('--region <name>', "the tenant's region")
    .option('--user-role <name>', "the user's role in the tenant")
    .option('--json', 'print JSON')
    .action(async (action: string, options) => (await import('./policy.ts')).runPolicyExplain(file(), action, options, say))
  policy
    .command('replay')
    .description('list recorded attempts that a draft of the policy would have decided differently')
    .option('--from <instant>', 'the earliest, such as 2026-03-01T00:00:00Z (default: all)')
    .option('--to <instant>', 'the latest, exclusive')
    .option('--policy <file>', 'a configuration with the draft (default: the configuration itself)')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./policy-replay.ts')).runPolicyReplay(opened, options, say)))

  const keys = program.command('keys').description('API keys of tenants')
  keys
    .command('create')
    .description('create a key; it is shown once')
    .requiredOption('--tenant <id>', 'the tenant it belongs to')
    .requiredOption('--name <text>', 'what it is for')
    .option('--permission <name...>', 'what it may do (default: audit:read)')
    .option('--expires-in-days <n>', 'when it ends by itself (default: never)')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./keys.ts')).runKeysCreate(opened, options, say, explain)))
  keys
    .command('list')
    .description('list keys without their secrets')
    .option('--tenant <id>', 'of this tenant only')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./keys.ts')).runKeysList(opened, options, say)))
  keys
    .command('revoke')
    .description('revoke a key, for good')
    .argument('<id>', 'its id, key_…')
    .action((id: string) => work(async (opened) => (await import('./keys.ts')).runKeysRevoke(opened, id, say)))

  const ingestKeys = program.command('ingest-keys').description('keys for sending signals')
  ingestKeys
    .command('create')
    .description('create a key; it is shown once')
    .requiredOption('--name <text>', 'what it is for')
    .option('--expires-in-days <n>', 'when it ends by itself (default: never)')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./ingest-keys.ts')).runIngestKeysCreate(opened, options, say, explain)))
  ingestKeys
    .command('list')
    .description('list keys without their secrets')
    .option('--json', 'print JSON')
    .action((options) => work(async (opened) => (await import('./ingest-keys.ts')).runIngestKeysList(opened, options, say)))
  ingestKeys
    .command('revoke')
    .description('revoke a key, for good')
    .argument('<id>', 'its id, ing_…')
    .action((id: string) => work(async (opened) => (await import('./ingest-keys.ts')).runIngestKeysRevoke(opened, id, say)))

  const staff = program.command('staff').description('people who have signed in')
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
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    complain(error)
    return 1
  }
}
