import type { Session } from '@countersign/contract/sessions.ts'
import type { JudgeNeeds } from '../../server/src/actions/needs.ts'
import type { OpenAnswer } from '../../server/src/actions/open-session.ts'
import type { ConfigFile } from '../../server/src/config.ts'
import { siteOf } from '../../server/src/identity/passkeys/needs.ts'
import { loadPolicy } from '../../server/src/policy/load.ts'

/** What a decision stands on, for a configuration and a directory of the test's own. */
export const judgeNeeds = (config: ConfigFile, connector: JudgeNeeds['connector'], consoleUrl = 'http://localhost:4000'): JudgeNeeds => ({
  policy: loadPolicy({ ...config, source: 'test' }),
  connector,
  site: siteOf(consoleUrl),
  config,
  log: { info: () => {}, warn: () => {} },
})

export type Opened = { session: Session; token: string }

/** The session: the default policy asks for no approval. */
export const requireOpened = (answer: OpenAnswer): Opened => {
  if ('request' in answer) throw new Error('it waits for an approval')
  return answer
}
