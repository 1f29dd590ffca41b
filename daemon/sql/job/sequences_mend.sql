-- Caller: job/sequences.c, in a transaction of its own, after pk_notifications or pk_decisions was violated.
-- Puts the sequences of our identity columns beyond the greatest id of their tables.  A change-over by
-- logical replication leaves them behind, as does a restore of rows alone: each id that they give is
-- taken then.
-- Where a sequence stands only the sequence knows, at that moment: its next value is drawn, for no read
-- of it tells "next is n" from "n was the last", nor may the role read it that may set it.  Menders take
-- turns, each drawing after the one before has set, so that the later finds nothing to do.  Writers take
-- no turns: ROOM (10,000) is more than all of them can draw between the two calls of one row, so that no
-- id that was given is given again.  The range of the sequence ends it.
-- Returns a row for each that was behind, or that this role may not mend: its table, the ids that it was
-- behind by (null: the role may not say), whether it was mended, and the command that mends it.  Where
-- nothing came, another worker was faster.
-- Index: pk_notifications, pk_decisions.
-- Result: text int8 bool text
with turn as materialized (
    select pg_catalog.pg_advisory_xact_lock(8243104049053040642)
), identity (tab, seq, top) as (
    select 'recurd.notifications', pg_catalog.pg_get_serial_sequence('recurd.notifications', 'id'),
           (select max(n.id) from recurd.notifications n)
    union all
    select 'recurd.decisions', pg_catalog.pg_get_serial_sequence('recurd.decisions', 'id'),
           (select max(d.id) from recurd.decisions d)
), drawn as materialized (
    select i.tab, i.seq, i.top, s.seqmax,
           case when pg_catalog.has_sequence_privilege(i.seq, 'update')
                then pg_catalog.nextval(i.seq::regclass) end as next
      from turn
     cross join identity i
      join pg_catalog.pg_sequence s on s.seqrelid = i.seq::regclass
), placed as materialized (
    select tab, seq, top, next,
           case when next <= top
                then pg_catalog.setval(seq::regclass, least(top, seqmax - 10000) + 10000) end as place
      from drawn
)
select tab, top - next + 1 as behind, place is not null as mended,
       pg_catalog.format('select pg_catalog.setval(%L, max(id)) from %s', seq, tab) as command
  from placed
 where next is null or place is not null;
