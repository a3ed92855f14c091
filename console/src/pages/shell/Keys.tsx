import { Fragment } from 'react'
import { useMe } from '../../api/me.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { pagesFor } from './pages.ts'
import { commandKey } from './TopBar.tsx'

const everywhere = [
  [commandKey.split(' '), 'Search and commands'],
  [['/'], 'Search on this page'],
  [['?'], 'These keys'],
] as const
const inTables = [
  [['j'], 'Next row'],
  [['k'], 'Previous row'],
  [['↓', '↑'], 'The same, in a row; ↓ leads from a search to its results'],
  [['Enter', 'Space'], 'Open the row'],
  [['Esc'], 'Close what is open'],
] as const

const onUsers = [[['i'], 'Impersonate: a read-only session on the user']] as const

type Entry = readonly [keys: readonly string[], what: string]

export function Keys({ onClose }: { onClose: () => void }) {
  const pages: Entry[] = pagesFor(useMe()).map((page) => [['g', page.key], page.name])
  return (
    <Dialog title="Keys" onClose={onClose}>
      <div className="grid gap-6 sm:grid-cols-2">
        <Group title="Everywhere" entries={everywhere} />
        <Group title="In tables" entries={inTables} />
        <Group title="On a user" entries={onUsers} />
        <Group title="Go to" entries={pages} />
      </div>
    </Dialog>
  )
}

function Group({ title, entries }: { title: string; entries: readonly Entry[] }) {
  return (
    <section>
      <h3 className="mb-2 text-faint text-xs">{title}</h3>
      <dl className="grid grid-cols-[max-content_1fr] items-center gap-x-4 gap-y-1.5 text-sm">
        {entries.map(([keys, what]) => (
          <Fragment key={what}>
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="min-w-6 rounded-sm border border-edge bg-sunk px-1.5 text-center font-sans text-xs">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  )
}
