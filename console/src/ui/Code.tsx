import { CopyIcon } from './Copy.tsx'

/** Something to be copied elsewhere, whole. */
export function Code({ text, what, wrap = true, onCopied }: { text: string; what: string; wrap?: boolean; onCopied?: () => void }) {
  return (
    <div className="relative rounded-md border border-line bg-sunk">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for inputs; this is text that scrolls */}
      <div
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={what}
        className={`id max-h-80 overflow-auto rounded-md py-2 pr-9 pl-3 leading-[1.55] ${wrap ? 'whitespace-pre-wrap break-all' : 'whitespace-pre'}`}
      >
        {text}
      </div>
      <CopyIcon text={text} what={what} onCopied={onCopied} className="absolute top-1 right-1 rounded-md bg-sunk" />
    </div>
  )
}
