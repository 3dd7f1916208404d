-- Orders o of the ids and the time that were asked for.
o.id >= coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')
          AND o.id < least(coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), coalesce(:below_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
          AND o.created_at >= coalesce(:placed_from::timestamptz, '-infinity') AND o.created_at < coalesce(:placed_to::timestamptz, 'infinity')
