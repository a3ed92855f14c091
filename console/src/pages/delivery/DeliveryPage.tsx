import { useQuery } from '@tanstack/react-query'
import { Send } from 'lucide-react'
import { destinationsQuery } from '../../api/delivery.ts'
import { useMe } from '../../api/me.ts'
import { Card } from '../../ui/Card.tsx'
import { Old } from '../../ui/Old.tsx'
import { Page } from '../../ui/Page.tsx'
import { Empty, FailedPage, Loading } from '../../ui/States.tsx'
import { DestinationCard } from './DestinationCard.tsx'
import { mayDeliver } from './words.ts'

/** Where events are delivered, and how that goes. */
export function DeliveryPage() {
  const me = useMe()
  const { data: destinations, dataUpdatedAt, error, refetch } = useQuery(destinationsQuery)
  if (error && !destinations) return <FailedPage title="Delivery" error={error} onRetry={() => void refetch()} />
  return (
    <Page title="Delivery">
      <p className="max-w-[72ch] text-soft text-sm">
        The log is delivered in order, each event at least once. There is no queue that could overflow: what a destination has not taken
        stays in the log. Destinations come from the configuration only.
        {mayDeliver(me) ? '' : ' Testing a destination and replaying to it require the role super_admin.'}
      </p>
      <Old error={error} readAt={dataUpdatedAt} onRetry={() => void refetch()} />
      {destinations === undefined ? <Loading /> : null}
      {destinations?.length === 0 ? (
        <Card>
          <Empty icon={Send} title="No destination is configured">
            Name one under <span className="id">destinations</span> in the configuration: a SIEM, a webhook, a file, a customer's own
            system. docs/siem.md has a setup for each.
          </Empty>
        </Card>
      ) : null}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        {destinations?.map((destination) => (
          <DestinationCard key={destination.name} destination={destination} />
        ))}
      </div>
    </Page>
  )
}
