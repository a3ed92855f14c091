import type { Database } from '../database/open.ts'
import type { Switches } from '../signals/switches.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

/** What a developer would otherwise need an incident for. */
export async function developers({ db }: Database, switches: Switches): Promise<Html> {
  const tenants = await db.selectFrom('organization').select(['id', 'name', 'status']).orderBy('name').orderBy('id').execute()
  return layout(
    'Developers',
    html`<p class="lead">What happens to a tenant here, Countersign shows within fifteen seconds.</p>
<p>Most people of this example are made up, and so are their calls. Stopping a tenant's traffic takes its made-up calls of the last 26 hours
away; raising its errors lets four in ten of the last twelve hours fail, and every second real request too. Switched back, it is as it was.</p>
<p id="trouble" role="alert"></p>
<div class="wide" role="region" aria-label="Tenants" tabindex="0"><table>
<thead><tr><th>tenant</th><th>status</th><th>traffic</th><th>errors</th></tr></thead>
<tbody>${tenants.map(({ id, name, status }) => {
      const [isStopped, isFailing] = [switches.isStopped(id), switches.isFailing(id)]
      return html`<tr>
<td>${name}<br><code>${id}</code></td><td>${status}</td>
<td><button type="button" data-tenant="${id}" data-switch="stopped" data-to="${String(!isStopped)}">${isStopped ? 'Resume' : 'Stop'}<span class="unseen"> traffic of ${name}</span></button></td>
<td><button type="button" data-tenant="${id}" data-switch="failing" data-to="${String(!isFailing)}">${isFailing ? 'Calm' : 'Raise'}<span class="unseen"> errors of ${name}</span></button></td></tr>`
    })}</tbody></table></div>`,
  )
}
