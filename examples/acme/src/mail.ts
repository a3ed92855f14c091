import type { Database } from './database/open.ts'

export type Mail = { subject: string; body: string; link: string }

/** Mails a user. Only the mailbox page shows it: nothing leaves this machine, and whoever is no user gets nothing. */
export async function sendMail({ db }: Pick<Database, 'db'>, to: string, { subject, body, link }: Mail): Promise<void> {
  await db
    .insertInto('mails')
    .columns(['user_id', 'subject', 'body', 'link'])
    .expression((eb) =>
      eb
        .selectFrom('user')
        .select(['id', eb.val(subject).as('subject'), eb.val(body).as('body'), eb.val(link).as('link')])
        .where('email', '=', to.toLowerCase()),
    )
    .execute()
}
