import { CopyIcon } from './Copy.tsx'

/** Something to be copied elsewhere, whole. */
export function Code({ text, what, wrap = true }: { text: string; what: string; wrap?: boolean }) {
  return (
    <div className="relative rounded-md border border-line bg-sunk">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre
        tabIndex={0}
        aria-label={what}
        className={`id max-h-80 overflow-auto py-2 pr-9 pl-3 leading-[1.55] ${wrap ? 'whitespace-pre-wrap break-all' : ''}`}
      >
        {text}
      </pre>
      <CopyIcon text={text} what={what} className="absolute top-1 right-1 bg-sunk" />
    </div>
  )
}
