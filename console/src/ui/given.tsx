import type { ReactNode } from 'react'
import type { Fact } from './Card.tsx'
import { Unknown } from './Unknown.tsx'

/** A fact of the product's: nothing where it does not tell it, "unknown" where it does not know it. */
export const given = <T,>(value: T | null | undefined, label: string, show: (value: T) => ReactNode): Fact[] =>
  value === undefined ? [] : [[label, value === null ? <Unknown key={label} /> : show(value)]]
