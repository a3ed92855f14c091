-- Everything that decides what a statement on the log's tables sees and does: what they are and whose, their columns, constraints,
-- policies, triggers, rules, heirs and grants; the functions that decide with them; and every function, operator and cast that could be
-- called in the place of one of the server's. Not the indexes: they decide nothing. The owner is whoever owns the record of migrations. Asked by the server's own
-- functions alone, whatever the search path was.
select pg_catalog.set_config('countersign.search_path', pg_catalog.array_to_string(pg_catalog.current_schemas(true), ', '), true);
select pg_catalog.set_config('search_path', 'pg_catalog', true);
with relations (name) as (
  -- The log's own, and those that its row policies and its sequencer ask.
  values ('events'), ('events_n'), ('disclosures'), ('log_entries'), ('log_tiles'), ('log_checkpoints'), ('log_sequencer'),
    ('log_gaps'), ('log_rejected'), ('log_tallies'), ('log_tally_nodes'), ('leases'), ('legal_holds'), ('tenants')
),
owner as (
  select relowner as oid from pg_class where relnamespace = 'public'::regnamespace and relname = 'schema_migrations'
),
t as (
  select c.* from pg_class c join relations on c.relname = relations.name where c.relnamespace = 'public'::regnamespace
),
functions (name) as (
  values ('disclosure_digest'), ('hold_session'), ('session_status'), ('session_standing'), ('note_opened'), ('note_revoked'), ('note_extension'), ('note_ticket')
),
f as (
  select p.*, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as signature
  from pg_proc p where p.pronamespace = 'public'::regnamespace
    and (p.proname in (select name from functions)
      or exists (select from pg_trigger g join t on g.tgrelid = t.oid where g.tgfoid = p.oid)
      or exists (select from pg_proc s where s.pronamespace = 'pg_catalog'::regnamespace and s.proname = p.proname))
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
),
granted (place, owner, acl) as (
  select format('%I', relname), relowner, coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)) from t
  union all
  select format('%I (%I)', t.relname, a.attname), t.relowner, a.attacl
  from t join pg_attribute a on a.attrelid = t.oid where a.attacl is not null and not a.attisdropped
  union all
  select signature, proowner, coalesce(proacl, acldefault('f', proowner)) from f
)
select 'search path' as what, current_setting('countersign.search_path') as how
union all
select format('%s %I', case relkind when 'S' then 'sequence' else 'table' end, relname),
  concat_ws(', ', case when relkind in ('r', 'S') then 'ordinary' else format('kind %s', relkind) end,
    case relpersistence when 'p' then 'logged' when 'u' then 'unlogged' else 'temporary' end,
    (select amname::text from pg_am where oid = relam),
    case when relowner = owner.oid then 'of the owner' else format('of %s', relowner::regrole) end)
from t cross join owner
union all
select format('row security of %I', relname),
  concat_ws(', ', case when relrowsecurity then 'enabled' else 'disabled' end, case when relforcerowsecurity then 'forced' else 'not forced' end)
from t where relkind <> 'S'
union all
select format('column %I of %I', a.attname, t.relname),
  concat_ws(' ', row_number() over (partition by t.oid order by a.attnum), format_type(a.atttypid, a.atttypmod),
    case when a.attcollation <> y.typcollation then format('collate %s', a.attcollation::regcollation) end,
    case when a.attnotnull then 'not null' end, case when a.attidentity <> '' then format('identity %s', a.attidentity) end,
    case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end, pg_get_expr(d.adbin, d.adrelid))
from t join pg_attribute a on a.attrelid = t.oid join pg_type y on y.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
where t.relkind <> 'S' and a.attnum > 0 and not a.attisdropped
union all
select format('values of %I', t.relname),
  format('%s from %s by %s within %s and %s, cache %s%s', format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
    case when s.seqcycle then ', cycle' end)
from t join pg_sequence s on s.seqrelid = t.oid
union all
-- That a column may not be null stands with the column; newer servers have a constraint for it too.
select format('constraint %I of %I', k.conname, t.relname), pg_get_constraintdef(k.oid)
from t join pg_constraint k on k.conrelid = t.oid where k.contype <> 'n'
union all
select format('policy %I on %I', p.polname, t.relname),
  concat_ws(' ', case when p.polpermissive then 'permissive' else 'restrictive' end,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end, 'to',
    (select string_agg(case r when 0 then 'public' else r::regrole::text end, ', ' order by r::regrole::text collate "C") from unnest(p.polroles) r),
    'using', pg_get_expr(p.polqual, p.polrelid), 'with check', pg_get_expr(p.polwithcheck, p.polrelid))
from t join pg_policy p on p.polrelid = t.oid
union all
-- Those of constraints are the server's own, as long as they are on.
select format('trigger %I on %I', g.tgname, t.relname), format('%s, %s', pg_get_triggerdef(g.oid), g.tgenabled)
from t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal or g.tgenabled <> 'O'
union all
select format('rule %I on %I', w.rulename, t.relname), pg_get_ruledef(w.oid) from t join pg_rewrite w on w.ev_class = t.oid
union all
select format('heir %s of %I', i.inhrelid::regclass, t.relname), '' from t join pg_inherits i on i.inhparent = t.oid
union all
select format('parent %s of %I', i.inhparent::regclass, t.relname), '' from t join pg_inherits i on i.inhrelid = t.oid
union all
select format('function %s', signature),
  concat_ws(' ', 'returns', pg_get_function_result(f.oid), (select lanname from pg_language where oid = prolang),
    case provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end, format('parallel %s', proparallel),
    case when proisstrict then 'strict' end, case when prosecdef then 'security definer' end, array_to_string(proconfig, ' '),
    case when proowner = owner.oid then 'of the owner' else format('of %s', proowner::regrole) end,
    'body', encode(sha256(convert_to(concat(prosrc, probin, pg_get_function_sqlbody(f.oid)), 'UTF8')), 'hex'))
from f cross join owner
union all
select format('operator %s', o.oid::regoperator), o.oprcode::regprocedure::text
from pg_operator o where o.oprnamespace = 'public'::regnamespace
  and not exists (select from pg_depend d where d.classid = 'pg_operator'::regclass and d.objid = o.oid and d.deptype = 'e')
union all
select format('cast %s as %s', castsource::regtype, casttarget::regtype), castfunc::regprocedure::text
from pg_cast where oid >= 16384
  and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = pg_cast.oid and d.deptype = 'e')
union all
-- What an owner may do follows from owning.
select lower(format('%s on %s to %s', x.privilege_type, g.place, case x.grantee when 0 then 'public' else x.grantee::regrole::text end)),
  case when bool_or(x.is_grantable) then 'may be handed on' else '' end
from granted g cross join aclexplode(g.acl) x where x.grantee <> g.owner
group by g.place, x.privilege_type, x.grantee;
