const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Markup. Whatever is put into it is text, unless it is markup too. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | null | undefined | false | readonly Part[]

function render(part: Part): string {
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(render).join('')
  if (part === null || part === undefined || part === false) return ''
  return String(part).replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '')
}

export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html => new Html(String.raw({ raw: strings }, ...parts.map(render)))

/** To the second, in UTC. */
export const time = (at: Date): Html => html`<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 19).replace('T', ' ')}</time>`
