import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Trouble } from '../../server/src/errors.ts'
import { compilePolicy, type Policy } from '../../server/src/policy/compile.ts'
import { decide } from '../../server/src/policy/decide.ts'
import { attemptAt, policyNamed, policyOf } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-policy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { table } = policyNamed('default')
const compile = (text: string, name = 'rules.cedar'): Policy => compilePolicy({ table, stepUp: false, files: [{ name, text }] })
const troubleOf = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    if (error instanceof Trouble) return error.message
    throw error
  }
  return 'no trouble'
}

const rule = '@gate("weekend") @note("weekend")\nforbid (principal, action, resource);'

describe('A3–A5 a file of rules', () => {
  it.each([
    [
      'a permit',
      `${rule}\n// no:\npermit (principal, action, resource);`,
      'rules.cedar:4: only forbid is accepted here; who may do what is said by `actions` in the configuration',
    ],
    ['a rule without a gate', `\n\n@note("x")\nforbid (principal, action, resource);`, /^rules.cedar:3: the rule has no @gate/],
    ['a rule without a note', `@gate("x")\nforbid (principal, action, resource);`, /^rules.cedar:1: the rule has no @note/],
    [
      'another annotation',
      `@gate("x") @note("y") @id("z")\nforbid (principal, action, resource);`,
      'rules.cedar:1: @id is not accepted here; a rule has @gate and @note',
    ],
    ['a gate that is a sentence', `@gate("No way") @note("y") forbid (principal, action, resource);`, /@gate\("No way"\) is not a name/],
    ['the gate of the roles', `@gate("role") @note("y") forbid (principal, action, resource);`, /one of Countersign's own/],
    ['the gate of errors', `@gate("policy_error") @note("y") forbid (principal, action, resource);`, /one of Countersign's own/],
    ['a note of two lines', `@gate("x") @note("a\\nb") forbid (principal, action, resource);`, /@note must be one line/],
    ['a note that turns its direction', `@gate("x") @note("a\\u{202e}b") forbid (principal, action, resource);`, /@note must be one line/],
    ['an empty note', `@gate("x") @note("") forbid (principal, action, resource);`, /@note must be one line/],
    ['a template', `${rule}\n@gate("x") @note("y") forbid (principal == ?principal, action, resource);`, /:3: a template/],
    ['what is no Cedar', `${rule}\n\nforbid (principal, action`, /^rules.cedar:4: unexpected end of input/],
    [
      'an unknown action',
      `// é\n${rule}\n@gate("x") @note("y")\nforbid (principal, action == Action::"suspend_acount", resource);`,
      'rules.cedar:5: unrecognized action `Action::"suspend_acount"`; did you mean `Action::"suspend_account"`?',
    ],
    [
      'an unknown role',
      `@gate("x") @note("y")\nforbid (principal in Role::"suport_admin", action, resource);`,
      /^rules.cedar:2: .*did you mean `support_admin`\?/,
    ],
    [
      'an unknown attribute',
      `@gate("x") @note("y")\nforbid (principal, action, resource)\nwhen { context.tickett == "x" };`,
      /^rules.cedar:3: attribute `tickett` .*did you mean `ticket`\?/,
    ],
    [
      'an unknown attribute behind has',
      `\n@gate("x") @note("y")\nforbid (principal, action, resource) unless { context has tickett };`,
      'rules.cedar:2: attribute `tickett` not found; did you mean `ticket`?',
    ],
    [
      'an unknown attribute deep behind has',
      `@gate("x") @note("y") forbid (principal, action, resource) when { !(1 == 1 && (resource has plann)) };`,
      'rules.cedar:1: attribute `plann` not found; did you mean `plan`?',
    ],
    ['an unknown kind of target', `@gate("x") @note("y") forbid (principal, action, resource is Usr);`, /did you mean `User`\?/],
    [
      'what may be absent and is not asked for',
      `@gate("x") @note("y") forbid (principal, action, resource) when { context.ticket like "OLD*" };`,
      /unable to guarantee safety of access to optional attribute `ticket`/,
    ],
    [
      'a rule that never applies',
      `@gate("x") @note("y")\nforbid (principal, action, resource) when { resource is User && resource is Tenant };`,
      /^rules.cedar:1: policy is impossible/,
    ],
    [
      'a letter that only looks like another',
      `@gate("x") @note("y") forbid (principal, action, resource) when { resource has plan && resource.plan == "\u0435nterprise" };`,
      /^rules.cedar:1: .*mixed scripts/,
    ],
  ])('refuses %s, and says where', (_, text, sentence) => {
    const trouble = troubleOf(() => compile(text))
    if (typeof sentence === 'string') expect(trouble).toBe(sentence)
    else expect(trouble).toMatch(sentence)
  })

  it('takes what stands in a comment for none of it', () => {
    const permit = 'permit (principal, action, resource);'
    expect(troubleOf(() => compile(`${rule}\n// ${permit}\n${permit}`))).toMatch(/^rules.cedar:4: only forbid/)
    expect(compile(`// ${permit}\n${rule}`).rules.at(-1)?.source).toBe('rules.cedar:2')
  })

  it('keeps the order and the lines of more than ten rules', () => {
    const rules = Array.from({ length: 12 }, (_, at) => `@gate("g${at}") @note("n") forbid (principal, action, resource);\n`)
    expect(
      compile(rules.join('\n'))
        .rules.slice(-12)
        .map(({ gate, source }) => [gate, source]),
    ).toEqual(rules.map((_, at) => [`g${at}`, `rules.cedar:${2 * at + 1}`]))
  })

  it('may forbid and nothing else: what it says comes on top of the table', () => {
    const { unmet } = decide(compile(rule), attemptAt('revoke_sessions'))
    expect(unmet).toEqual([
      { gate: 'reason', note: 'reason missing' },
      { gate: 'weekend', note: 'weekend' },
    ])
  })
})

it('denies where a rule cannot be evaluated, which Cedar itself would skip', () => {
  const policy = compile(
    `\n@gate("overflow") @note("too many")\nforbid (principal, action, resource) when { 9223372036854775807 + context.approvals < 0 };`,
  )
  const given = { reason: 'She called from the number on file' }
  expect(decide(policy, attemptAt('revoke_sessions', given)).allowed).toBe(true)
  const approvers = [{ id: 'stf_mgr', roles: ['support_manager' as const] }]
  expect(decide(policy, attemptAt('revoke_sessions', { ...given, approvers }))).toEqual({
    allowed: false,
    unmet: [{ gate: 'policy_error', note: 'policy could not be evaluated' }],
    faults: [expect.stringMatching(/^rules.cedar:2: integer overflow/)],
  })
})

describe('denies what it cannot understand', () => {
  const policy = policyNamed('step-up')
  const now = new Date('2026-03-02T10:00:00Z')
  const given = { reason: 'She called from the number on file', stepUp: { at: now, bound: true }, now }
  it.each([
    ['a role that does not exist', { staff: { id: 'stf_rob', roles: ['root' as never], signedInAt: now } }],
    ['a target of the wrong kind', { target: attemptAt('force_logout').target }],
    ['an id that is no text', { target: { ...attemptAt('revoke_sessions').target, id: 'usr_\ud800' } }],
    ['an action that does not exist', { action: 'delete_account' as never }],
    ['a sign-in in the future', { staff: { id: 'stf_rob', roles: ['super_admin' as const], signedInAt: new Date(now.getTime() + 1) } }],
    ['a step-up in the future', { stepUp: { at: new Date(now.getTime() + 1), bound: true } }],
    ['an instant that is none', { now: new Date(Number.NaN) }],
  ])('%s', (_, wrong) => {
    expect(decide(policy, attemptAt('revoke_sessions', given)).allowed).toBe(true)
    const { allowed, unmet, faults } = decide(policy, { ...attemptAt('revoke_sessions', given), ...wrong })
    expect([allowed, unmet[0]?.gate]).toEqual([false, 'policy_error'])
    expect(faults.length).toBeGreaterThan(0)
  })
})

describe('the hash of a policy', () => {
  it('is that of its text', () => {
    const { text, hash } = policyNamed('enterprise')
    expect(hash).toBe(createHash('sha256').update(text).digest('hex'))
  })

  it('stays where only comments, spaces or the name of the file differ', () => {
    const { hash } = compile(rule)
    expect(compile(`// why\n${rule.replaceAll(' ', '   ')}\n`, 'other.cedar').hash).toBe(hash)
  })

  it.each([
    'actions: { suspend_account: { approvers: [super_admin] } }',
    'actions: { suspend_account: { approvals: 2 } }',
    'actions: { suspend_account: { expires_minutes: 30 } }',
    'actions: { suspend_account: { risk: med } }',
    'actions: { suspend_account: { roles: [super_admin] } }',
    'actions: { suspend_account: { off: true } }',
    'approvals: { expires_minutes: 60 }',
    'policy: { preset: strict }',
    'policy: { step_up: true }',
  ])('changes with %s', (text) => {
    expect(policyOf(text).hash).not.toBe(policyOf('').hash)
  })
})

describe('the folder of rules', () => {
  const source = join(folder, 'countersign.config.yaml')
  const inFolder = (name: string) => policyOf(`policy: { folder: ${name} }`, source)

  it('is beside the configuration, and read in the order of names', () => {
    mkdirSync(join(folder, 'rules'))
    writeFileSync(join(folder, 'rules/b.cedar'), rule)
    writeFileSync(join(folder, 'rules/a.cedar'), rule.replaceAll('weekend', 'holiday'))
    writeFileSync(join(folder, 'rules/README.md'), 'permit')
    expect(
      inFolder('rules')
        .rules.map(({ gate }) => gate)
        .slice(-2),
    ).toEqual(['holiday', 'weekend'])
  })

  it('stops the program where it is missing, empty or not text', () => {
    mkdirSync(join(folder, 'empty'))
    mkdirSync(join(folder, 'latin'))
    writeFileSync(join(folder, 'latin/a.cedar'), Buffer.from([0x2f, 0x2f, 0xe9]))
    expect(troubleOf(() => inFolder('missing'))).toMatch(/^policy.folder: .*missing cannot be read/)
    expect(troubleOf(() => inFolder('empty'))).toMatch(/^policy.folder: .*empty has no [*].cedar file/)
    expect(troubleOf(() => inFolder('latin'))).toMatch(/a.cedar cannot be read/)
  })
})

it('P21 step-up is on where an identity provider is configured, off in the local example, and can be set', () => {
  const identity = 'identity: { issuer: https://id.example, client_id: console }\n'
  const asks = (text: string) => policyOf(text).rules.some(({ gate }) => gate === 'step_up')
  expect([asks(''), asks(identity), asks(`${identity}policy: { step_up: false }`), asks('policy: { step_up: true }')]).toEqual([
    false,
    true,
    false,
    true,
  ])
})
