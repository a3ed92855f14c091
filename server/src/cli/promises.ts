import type { PromiseAccount, Promised } from '../verify/promises.ts'

/** Lines of a kind that are printed at most. */
const maxPrinted = 20

const some = <T>(all: readonly T[], tell: (one: T) => string, print: (line: string) => void): void => {
  for (const one of all.slice(0, maxPrinted)) print(tell(one))
  if (all.length > maxPrinted) print(`  and ${all.length - maxPrinted} more`)
}

/**
 * Says what became of promises. Answers the exit code: 0 where each is redeemed or not due, 3 where one was broken, 2 where one is
 * not to be judged by this log.
 */
export const printPromises = (account: PromiseAccount, print: (line: string) => void): number => {
  const { redeemed, open, broken, unseen, foreign, reaches } = account
  const dueWhen = ({ id, due }: Promised): string => `  not due     ${id}, until ${due}`
  some(
    broken,
    ({ id, occurred_at, due }) =>
      `BROKEN: this log promised to have the event ${id} of ${occurred_at} by ${due}. It reaches to ${reaches} and does not have it.`,
    print,
  )
  some(
    foreign,
    ({ place, fault }) => `Promise ${place} is not signed by this log, and says nothing of it: ${fault.message} (${fault.code})`,
    print,
  )
  print(`  promises    ${redeemed.length} redeemed, ${open.length} not due, ${broken.length} broken`)
  some(open, dueWhen, print)
  some(unseen, ({ id }) => `  not here    ${id}: an export has a part of the log only. Ask the log itself`, print)
  if (broken.length > 0) return 3
  return foreign.length + unseen.length > 0 ? 2 : 0
}
