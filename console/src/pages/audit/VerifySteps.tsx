import { Button } from '../../ui/Button.tsx'
import { type Step, type StepName, stepNames } from './verify.ts'

const titles: Record<StepName, string> = {
  shown: 'What is shown',
  key: 'The key of the log',
  signature: 'The signed checkpoint',
  place: 'The place in the log',
  before: 'What this browser saw before',
}

const looks: Record<Step['state'] | 'waiting', { word: string; tone: string; shape: string }> = {
  ok: { word: 'holds', tone: 'text-ok', shape: 'M1.5 4.2l1.8 1.8L6.8 2' },
  bad: { word: 'does not hold', tone: 'text-bad', shape: 'M1.5 1.5l5 5m0-5l-5 5' },
  open: { word: 'not judged', tone: 'text-warn', shape: 'M1 4h6' },
  waiting: { word: 'not judged', tone: 'text-faint', shape: 'M1 4h6' },
}

type Props = {
  steps: readonly Step[]
  /** No further step comes: what is missing was not reached. */
  isOver: boolean
  onForget: () => void
}

/** The steps of a verification, in the order in which they lean on one another, each in plain words. */
export function VerifySteps({ steps, isOver, onForget }: Props) {
  const isDoubted = steps.some(({ name, state }) => state === 'bad' && (name === 'key' || name === 'before'))
  const told = stepNames.flatMap((name) => {
    const step = steps.find((each) => each.name === name)
    if (!step && !isOver) return []
    return [
      {
        name,
        state: step?.state ?? 'waiting',
        words: step?.words ?? 'Not reached: it depends on a step above that does not hold.',
      } as const,
    ]
  })
  return (
    <>
      <ol aria-label="Steps of the verification" className="flex flex-col gap-2">
        {told.map(({ name, state, words }) => (
          <li key={name} className="grid grid-cols-[12px_minmax(0,1fr)] gap-x-2 text-sm">
            <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true" className={`mt-1.5 ${looks[state].tone}`}>
              <path d={looks[state].shape} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
            </svg>
            <div className="min-w-0">
              <p className="font-medium">
                {titles[name]} <span className={`font-normal text-xs ${looks[state].tone}`}>{looks[state].word}</span>
              </p>
              <p className="wrap-anywhere text-soft text-xs">{words}</p>
            </div>
          </li>
        ))}
      </ol>
      {isDoubted && isOver ? (
        <div className="flex flex-wrap items-center gap-2">
          <p className="min-w-0 flex-1 text-faint text-xs">
            If this console was deliberately started again with another log, let this browser forget the old one.
          </p>
          <Button size="small" onClick={onForget}>
            Forget what was seen
          </Button>
        </div>
      ) : null}
    </>
  )
}
