{{ config(materialized='view') }}
select kind, count(*) as conversations, sum(messages) as messages
from {{ ref('conversations') }}
group by kind
