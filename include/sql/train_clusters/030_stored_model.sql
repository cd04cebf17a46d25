-- The newest model that has seen nothing after a moment and has the tiers of strategy.yaml; NULL where there is
-- none. A preferred model comes first if it meets this too.
create or replace function ops.stored_model(moment timestamp, preferred_model_id bigint default null)
returns bigint
language sql stable
as $$
    select model_id
    from ops.cluster_models
    where trained_as_of <= moment
      and ops.loyalty_tiers() = array(
          select element ->> 'loyalty_tier'
          from jsonb_array_elements(centres) with ordinality as centre (element, place)
          order by place
      )
    order by (model_id = preferred_model_id) is true desc, trained_as_of desc, model_id desc
    limit 1
$$;
