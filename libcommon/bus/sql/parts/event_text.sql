-- The CloudEvent of a row `o` of the outbox. Put together by hand: json_build_object takes twice as long, and a day's close writes a million.
'{"specversion":"1.0","id":"' || o.event_id || '","source":"/cuotas/' || :service::text || '","type":' || to_json(o.type) || ',"subject":' || to_json(o.subject)
|| ',"time":' || to_json(o.occurred_at) || ',"datacontenttype":"application/json","customerid":' || coalesce('"' || o.customer_id || '"', 'null')
|| ',"traceparent":' || coalesce(to_json(o.trace)::text, 'null') || ',"lane":' || o.lane || ',"epoch":"' || o.epoch || '","xid":"' || o.xid || '","sequence":"' || o.id
|| '","data":' || o.data || '}'
