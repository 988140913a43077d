select * from {{ ref('conversations') }} where messages < 1
