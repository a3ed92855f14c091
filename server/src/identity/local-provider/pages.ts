import { localPeople } from './people.ts'

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

export const localStyle = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f6f7f9, #101318); color: light-dark(#171a21, #e7e9ee) }
main { width: min(26rem, calc(100vw - 2rem)); padding: 2rem 0 }
h1 { font-size: 1.25rem; margin: 0 0 .25rem }
p { margin: 0 0 1.25rem; color: light-dark(#5a6272, #9aa3b2) }
ul { list-style: none; margin: 0; padding: 0; border: 1px solid light-dark(#dfe3ea, #2a303b); border-radius: .75rem; overflow: hidden; background: light-dark(#fff, #171b22) }
li + li { border-top: 1px solid light-dark(#dfe3ea, #2a303b) }
a { display: grid; gap: .125rem; padding: .75rem 1rem; color: inherit; text-decoration: none }
a:hover { background: light-dark(#f0f3f8, #1e242d) }
a:focus-visible { outline: 2px solid light-dark(#2457d6, #7ea2ff); outline-offset: -2px }
small { color: light-dark(#5a6272, #9aa3b2) }
`

const page = (base: string, title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${base}/style.css">
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`

/** Who do you want to be? Each name is a link that signs in. */
export const choicePage = (base: string, uid: string): string =>
  page(
    base,
    'Local sign-in',
    `<h1>Local sign-in</h1>
<p>For trying Countersign on this computer. No password: choose who you are.</p>
<ul>
${localPeople
  .map(
    ({ login, name, email, roles }) =>
      `<li><a href="${base}/interaction/${escapeHtml(uid)}/${login}"><strong>${escapeHtml(name)}</strong><small>${escapeHtml(email)} · ${escapeHtml(roles.join(', ') || 'no role')}</small></a></li>`,
  )
  .join('\n')}
</ul>`,
  )

export const errorPage = (base: string): string =>
  page(
    base,
    'Local sign-in',
    `<h1>This sign-in cannot go on</h1>
<p>It was begun in another browser, has been used, or is too old.</p>
<ul><li><a href="/sign-in"><strong>Start again</strong></a></li></ul>`,
  )
