import type { FastifyInstance } from 'fastify'
import type { Acme } from '../acme.ts'
import { listNotifications, openNotification } from '../api/notifications.ts'
import { Page, parse } from '../api/route.ts'
import { type Html, html } from './html.ts'
import { addViews, idOf } from './page.ts'
import { day, more, shell } from './shell.ts'
import type { Viewer } from './viewer.ts'

export function addNotificationPages(app: FastifyInstance, acme: Acme): void {
  const { database } = acme
  addViews(app, acme, [
    {
      url: '/notifications',
      scope: 'notifications:read',
      show: async ({ viewer, request }) => list(viewer, await listNotifications(database, viewer.caller, parse(Page, request.query))),
    },
    {
      // As in the API: whoever opens it has read it.
      url: '/notifications/:id',
      scope: 'notifications:write',
      show: async ({ viewer, request }) => {
        const { title, body, created_at } = await openNotification(database, viewer.caller, idOf(request))
        return shell(viewer, {
          title,
          at: '/notifications',
          body: html`<article class="card"><p>${body}</p><p class="hint">${day(created_at)}</p></article>
<p><a href="/notifications">All notifications</a></p>`,
        })
      },
    },
  ])
}

const list = (viewer: Viewer, { items, next_cursor }: Awaited<ReturnType<typeof listNotifications>>): Html =>
  shell(viewer, {
    title: 'Notifications',
    at: '/notifications',
    actions: html`<button class="quiet" type="button" data-post="/v1/notifications/read-all"${viewer.unread === 0 && html` disabled`}>Mark all as read</button>`,
    body: html`<ul class="letters" data-list>${items.map(
      ({ id, title, body, created_at, read_at }) => html`<li><a href="/notifications/${id}"${read_at === null && html` class="new"`}>
<strong>${title}</strong><span>${body}</span><span class="hint">${day(created_at)}${read_at === null && ' · unread'}</span></a></li>\n`,
    )}</ul>
${items.length === 0 && html`<p class="hint">None.</p>`}
${more('/notifications', {}, next_cursor)}`,
  })
