import { Card } from '../../ui/Card.tsx'
import { Code } from '../../ui/Code.tsx'
import { useWidth } from '../../ui/width.ts'
import { ways } from './ways.ts'

/** Where no source has ever sent anything: what would be here, and how it comes. */
export function NoSignals() {
  const isPhone = useWidth() === 'phone'
  return (
    <Card title="No signals yet: health is unknown, and everything else works">
      <div className="flex flex-col gap-3 text-sm">
        <p className="max-w-[72ch] text-soft">
          Health is judged by each tenant's calls and errors, which only your product knows. Make a key with{' '}
          <code className="id">countersign ingest-keys create --name product</code>, then send them in one of these ways.
        </p>
        <dl className="flex flex-col gap-2">
          {ways(location.origin).map(({ name, what, text }) => (
            <div key={name} className="grid items-center gap-x-4 gap-y-1 md:grid-cols-[200px_minmax(0,1fr)]">
              <dt className="flex flex-col max-md:flex-row max-md:flex-wrap max-md:items-baseline max-md:gap-x-2">
                <span className="font-medium">{name}</span>
                <span className="text-faint text-xs">{what}</span>
              </dt>
              <dd className="min-w-0">
                <Code text={text} what={`Example for ${name}`} wrap={isPhone} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Card>
  )
}
