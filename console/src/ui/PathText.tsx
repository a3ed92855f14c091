import { Fragment } from 'react'

/** A path that is broken after its slashes, and elsewhere only where one part alone is wider than the line. */
export function PathText({ path }: { path: string }) {
  return (
    <span className="wrap-anywhere">
      {path.split(/(?<=\/)/).map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one path never move
        <Fragment key={at}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  )
}
