import { CopyIcon } from './Copy.tsx'

/** Something to be copied elsewhere, whole. */
export function Code({ text, what, wrap = true }: { text: string; what: string; wrap?: boolean }) {
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
      <CopyIcon text={text} what={what} className="!my-0 absolute top-1 right-1 bg-sunk" />
    </div>
  )
}
