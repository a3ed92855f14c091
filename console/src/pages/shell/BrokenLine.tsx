import { FileWarning } from 'lucide-react'
import { plural } from '../../ui/format.ts'
import { Clock } from '../../ui/Time.tsx'
import { useBrokenPromises } from './useBrokenPromises.ts'

const download = (text: string): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  link.download = 'countersign-promises.txt'
  link.click()
  URL.revokeObjectURL(link.href)
}

/** Says that the log does not have what it promised this browser, and gives the proof of that. */
export function BrokenLine() {
  const { broken, forget } = useBrokenPromises()
  const [first] = broken
  if (!first) return null
  const count = broken.reduce((sum, { count: of }) => sum + of, 0)
  return (
    <p
      role="alert"
      className="flex shrink-0 items-center justify-center gap-2 border-bad-edge max-sm:flex-wrap border-b bg-bad-wash px-4 py-1 font-medium text-bad text-xs"
    >
      <FileWarning aria-hidden="true" className="size-3.5 shrink-0" />
      <span>
        The log broke a promise: {plural(count, 'event')} of <Clock at={Date.parse(first.at)} /> that this browser caused{' '}
        {count === 1 ? 'is' : 'are'} missing from it. Keep the proof, and tell whoever looks after security.
      </span>
      <button
        type="button"
        className="min-h-6 shrink-0 underline underline-offset-2"
        onClick={() => download(broken.map(({ note }) => note).join('\n'))}
      >
        Download the proof
      </button>
      <button type="button" className="min-h-6 shrink-0 underline underline-offset-2" onClick={forget}>
        Forget it
      </button>
    </p>
  )
}
