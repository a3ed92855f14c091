import { z } from 'zod'

const nouns: Record<string, string> = {
  ...{
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object with members',
  },
  ...{ record: 'an object with members', date: 'an instant', bigint: 'a whole number', null: 'null', undefined: 'left out' },
}
const nounOf = (type: string): string => nouns[type] ?? type
const unitOf = (origin: string): string => ({ string: ' characters', array: ' entries', set: ' entries', object: ' members' })[origin] ?? ''

const formats: Record<string, string> = {
  ...{
    datetime: 'an instant such as 2026-11-29T09:30:00Z',
    date: 'a date such as 2026-11-29',
    email: 'an e-mail address',
    url: 'an address',
  },
  ...{ regex: 'of the form that is asked for', ipv4: 'an IPv4 address', ipv6: 'an IPv6 address', uuid: 'a UUID' },
}

/** What a schema finds wrong and has no words of its own for, as we say it. */
const wordsFor: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${nounOf(issue.expected)}`
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
    case 'invalid_format':
      return `is not ${formats[issue.format] ?? `a ${issue.format}`}`
    case 'too_small':
      return `must ${unitOf(issue.origin) ? 'have' : 'be'} ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`
    case 'too_big':
      return `must ${unitOf(issue.origin) ? 'have' : 'be'} at most ${issue.maximum}${unitOf(issue.origin)}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_union':
      return 'has none of the forms that it may have'
    default:
      return 'has another form'
  }
}

z.config({ localeError: wordsFor })
