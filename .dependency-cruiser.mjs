// Who may import whom. Arrows point down only; each rule is one row of the map in ARCHITECTURE.md, with its reason.
// `npm run check` holds the code to it, `npm run rooms` draws it.

const source = '^(contract|log|server/src|console/(src|dev)|examples/acme/src)/'
const test = '[.]test[.]tsx?$'
const rooms = (...names) => `^server/src/(${names.join('|')})(/|[.]ts$)`

const doors = ['gateway', 'http', 'cli']
const verbs = ['evidence', 'privacy', 'sessions', 'events', 'exports', 'actions', 'health', 'feed']
/** Files of the server that any room may use. */
const ground = '^server/src/(errors|ids|keys|config|csv|destinations|header-names|labels|names|pattern|thread|version|wording)[.]ts$'
const pure = '^(contract|log)/'
/** What of the policy reads files. */
const policyLoader = '^server/src/policy/load[.]ts$'
/** What of the log may touch Node: `sha256-node.ts` and the like. */
const nodeAdapter = '^log/[^/]*node[.]ts$'

/** A row of the map: what a room may not reach, because it is not below it. */
const row = (name, comment, from, ...below) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: test },
  to: { path: '^(server|console|examples|guard|test|scripts|bench)/', pathNot: [ground, '/node_modules/', ...below] },
})

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'What imports itself in a circle cannot be read, tested or taken out alone.',
      severity: 'error',
      from: { path: source },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that imports nothing is dead code.',
      severity: 'error',
      from: {
        orphan: true,
        path: source,
        pathNot: [test, '[.]d[.]ts$', '^contract/', '^server/src/main[.]ts$', '^console/src/main[.]tsx$'],
      },
      to: {},
    },
    {
      name: 'unresolved',
      comment: 'An import must lead somewhere.',
      severity: 'error',
      from: { path: source },
      to: { couldNotResolve: true, pathNot: '[.]css$' },
    },
    {
      name: 'contract-is-pure',
      comment:
        'The contract is shapes and words: it imports zod and nothing else, so that a browser, a product and the server read the same.',
      severity: 'error',
      from: { path: '^contract/', pathNot: test },
      to: { pathNot: ['^contract/', '^node_modules/zod/'] },
    },
    {
      name: 'log-is-pure',
      comment:
        'The log computes: no clock, no randomness, no I/O and no room of ours, so that anybody can run it. Its Node adapter alone may use node:.',
      severity: 'error',
      from: { path: '^log/', pathNot: [test, nodeAdapter] },
      to: { pathNot: ['^log/', '^node_modules/canonicalize/', '^node_modules/@noble/'] },
    },
    {
      name: 'log-adapter-imports-node-only',
      comment: 'The adapter of the log to Node is published with it: it may use node: and packages, but no room of ours.',
      severity: 'error',
      from: { path: nodeAdapter, pathNot: test },
      to: { path: '^(contract|server|console|examples|guard|test|scripts|bench)/' },
    },
    {
      name: 'policy-is-pure',
      comment:
        'The policy decides by its arguments alone: no clock, no randomness, no I/O and no other room, so that the same question has the same answer in a test, a replay and a request. load.ts alone reads its files.',
      severity: 'error',
      from: { path: rooms('policy'), pathNot: [test, policyLoader] },
      to: {
        pathNot: ['^contract/', rooms('policy', 'errors'), '^node_modules/(@cedar-policy|fastest-levenshtein)/', '^(node:)?crypto$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    row('policy-knows-no-room', 'The policy is asked by every verb, so it knows none of them.', rooms('policy'), rooms('policy')),
    row('ground-is-lowest', 'Errors, ids, keys and the like are used by every room, so they know none of them.', ground, pure),
    row(
      'outbound-above-ground',
      'Calls to others are made in one way, whoever makes them: it knows addresses, keys and limits, not what is asked or why.',
      rooms('outbound'),
      rooms('outbound'),
    ),
    row(
      'inbound-above-ground',
      'Places at the doors are shared out in one way, whatever door it is: it knows connections and turns, not what is asked.',
      rooms('inbound'),
      rooms('inbound'),
    ),
    row(
      'archive-above-ground',
      'How an export is written is known to who writes it and to who verifies it, and depends on neither.',
      rooms('archive'),
      pure,
      rooms('archive'),
    ),
    row(
      'store-below-all-rooms',
      'The store is the lowest room: it knows tables and transactions, not what they are for.',
      rooms('store'),
      rooms('store'),
    ),
    row(
      'run-above-store',
      'What runs services beside the doors knows their names and states, and the store for who is elected; not what they do.',
      rooms('run'),
      rooms('run', 'store'),
    ),
    row(
      'audit-above-store',
      'The log of events knows only the store: whatever is done above is recorded here.',
      rooms('audit'),
      rooms('audit', 'store'),
    ),
    row(
      'sequencer-above-audit',
      'What gives events their order reads and writes the log; nobody but who starts it, and the command line, knows it.',
      rooms('sequencer'),
      rooms('sequencer', 'audit', 'run', 'store'),
    ),
    row(
      'verify-apart-from-the-sequencer',
      'Whoever checks the log may not share code with who orders it: an error of the one would be blind to itself in the other.',
      rooms('verify'),
      rooms('verify', 'archive', 'audit', 'store'),
    ),
    row(
      'access-above-audit',
      'How anything is done, and refused on the record: identity refuses too, so this room is below it.',
      rooms('access'),
      rooms('access', 'audit', 'store'),
    ),
    row(
      'identity-above-access',
      'Who is calling: it acts and records, and knows no verb and no door.',
      rooms('identity'),
      rooms('identity', 'access', 'audit', 'run', 'store', 'outbound'),
    ),
    row(
      'directory-above-access',
      'Whom it is about does not depend on how a caller signed in.',
      rooms('directory'),
      rooms('directory', 'access', 'audit', 'run', 'store', 'outbound'),
    ),
    row(
      'verbs-above-identity-and-directory',
      'A verb is what can happen, whoever asks: it may not know by which door the request came.',
      rooms(...verbs),
      rooms(...verbs, 'identity', 'directory', 'access', 'audit', 'run', 'store', 'outbound', 'policy', 'archive'),
    ),
    ...doors.map((door) =>
      row(
        `${door}-is-a-door`,
        'Doors never import each other: what two of them need is a verb, below both. And none imports what starts it.',
        rooms(door),
        rooms(
          door,
          ...verbs,
          'identity',
          'directory',
          'access',
          'audit',
          'run',
          'store',
          'outbound',
          'inbound',
          'policy',
          ...(door === 'cli' ? ['sequencer', 'verify', 'archive'] : []),
        ),
      ),
    ),
    {
      name: 'doors-hold-no-store',
      comment: 'A door parses, calls a verb and answers. What is asked of the database, and how, is said by verbs alone.',
      severity: 'error',
      from: { path: rooms('gateway', 'http'), pathNot: test },
      to: { path: '^(server/src/store/|node_modules/(kysely|pg)/)' },
    },
    {
      name: 'nothing-imports-what-starts-it',
      comment: 'main puts the rooms together; a room that imports it could not be tested without all others.',
      severity: 'error',
      from: { pathNot: ['^server/src/[^/]+[.]ts$', '^(test|scripts|bench)/', rooms('cli')] },
      to: { path: '^server/src/[^/]+[.]ts$', pathNot: ground },
    },
    {
      name: 'console-knows-contract-and-log',
      comment: 'The console can do nothing that the API cannot, so it imports the contract, the log and no room of the server.',
      severity: 'error',
      from: { path: '^console/', pathNot: test },
      to: { path: '^(server|examples|guard|test|scripts|bench)/' },
    },
    {
      name: 'example-knows-nothing-of-ours',
      comment: 'The example product is what a stranger would write: it speaks the protocol and imports nothing of ours.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(contract|log|server|console|guard|test|scripts|bench)/' },
    },
    {
      name: 'product-knows-no-tests',
      comment: 'What runs in production imports no test, script or bench.',
      severity: 'error',
      from: { path: source, pathNot: test },
      to: { path: '^(test|scripts|bench)/' },
    },
    {
      name: 'declared-packages-only',
      comment: 'A package that is used is declared where it is used, or a new installation lacks it.',
      severity: 'error',
      from: { path: source, pathNot: [test, '^console/dev/'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    preserveSymlinks: false,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    extraExtensionsToScan: ['.css'],
    moduleSystems: ['es6'],
    builtInModules: { add: ['node:sqlite', 'node:test'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.css'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
    reporterOptions: { mermaid: { minify: false } },
  },
}
