import type { FastifyInstance } from 'fastify'
import type { Acme } from '../acme.ts'
import { getMember, listMembers } from '../api/members.ts'
import { Page, parse } from '../api/route.ts'
import { avatarPath } from './assets.ts'
import { type Html, html } from './html.ts'
import { addViews, idOf } from './page.ts'
import { day, more, shell } from './shell.ts'
import type { Viewer } from './viewer.ts'

export function addMemberPages(app: FastifyInstance, acme: Acme): void {
  const { database } = acme
  addViews(app, acme, [
    {
      url: '/members',
      scope: 'members:read',
      show: async ({ viewer, request }) => list(viewer, await listMembers(database, viewer.caller, parse(Page, request.query))),
    },
    {
      url: '/members/:id',
      scope: 'members:read',
      show: async ({ viewer, request }) => detail(viewer, await getMember(database, viewer.caller, idOf(request))),
    },
  ])
}

const list = (viewer: Viewer, { items, next_cursor }: Awaited<ReturnType<typeof listMembers>>): Html =>
  shell(viewer, {
    title: 'Members',
    at: '/members',
    body: html`<ul class="people" data-list>${items.map(
      ({ id, name, email, role }) => html`<li><a href="/members/${id}"><img data-src="${avatarPath(id)}" alt="" width="40" height="40">
<span><bdi>${name}</bdi><span class="hint">${email}</span></span>${role !== 'member' && html`<span class="pill">${role}</span>`}</a></li>\n`,
    )}</ul>
${more('/members', {}, next_cursor)}`,
  })

const detail = (viewer: Viewer, { id, name, email, role, joined_at, last_seen_at }: Awaited<ReturnType<typeof getMember>>): Html =>
  shell(viewer, {
    title: name,
    at: '/members',
    body: html`<section class="card"><img class="face" src="${avatarPath(id)}" alt="" width="72" height="72">
<dl><dt>E-mail</dt><dd><bdi>${email}</bdi></dd><dt>Role</dt><dd>${role}</dd><dt>Joined</dt><dd>${day(joined_at)}</dd>
<dt>Last seen</dt><dd>${day(last_seen_at)}</dd></dl></section>`,
  })
