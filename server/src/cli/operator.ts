import { userInfo } from 'node:os'
import type { OperatorPrincipal } from '../access/principal.ts'

/** Whoever runs a command here, by the account that the host knows them under. */
export const currentOperator = (): OperatorPrincipal => {
  try {
    return { kind: 'operator', id: userInfo().username }
  } catch {
    // An account without a name, as in some containers.
    return { kind: 'operator', id: `uid ${process.getuid?.() ?? 'unknown'}` }
  }
}
