-- A row for each conversation: when it began, how long it was, and where it came from.
select
  m.correlation_id,
  min(m.stored_at) as began_at,
  count(*) as messages,
  coalesce(max(k.kind), 'unknown') as kind
from {{ source('search', 'messages') }} m
left join {{ source('search', 'metadata') }} a using (correlation_id)
left join {{ ref('channel_kinds') }} k on k.channel = a.attributes ->> 'channel'
group by m.correlation_id
