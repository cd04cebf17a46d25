-- What can be said about two groups that chance has made, as functions of how many there are. Constants are quantiles of
-- the normal distribution: 1.959963984540054 for 95 % in the middle, 0.8416212335729143 for a power of 80 %.

-- Wilson's limit of a rate of so many people, at 95 %: side is -1 for the lower one and 1 for the upper one.
create or replace function ops.wilson_limit(
    rate double precision, people double precision, side integer
) returns double precision
language sql immutable parallel safe
return (
    rate + 1.959963984540054 ^ 2 / (2 * people)
    + side * 1.959963984540054 * sqrt(rate * (1 - rate) / people + 1.959963984540054 ^ 2 / (4 * people ^ 2))
) / (1 + 1.959963984540054 ^ 2 / people);

-- Limit of the difference of two rates at 95 %, by the hybrid score interval: method 10 of R. G. Newcombe, Interval
-- estimation for the difference between independent proportions, Statistics in Medicine 17 (1998), 873-890. It holds for
-- few people and rates near 0, where the textbook's interval does not.
create or replace function ops.newcombe_limit(
    rate double precision, people double precision, other_rate double precision, other_people double precision,
    side integer
) returns double precision
language sql immutable parallel safe
return rate - other_rate + side * sqrt(
    (rate - ops.wilson_limit(rate, people, side)) ^ 2
    + (other_rate - ops.wilson_limit(other_rate, other_people, -side)) ^ 2
);

-- How likely chance alone makes two rates at least that different: score test of two proportions, two-sided. `pooled` is
-- the rate of both groups together. NULL where nobody or everybody bought again, so that there is nothing to compare.
create or replace function ops.rates_p_value(
    lift double precision, pooled double precision, people double precision, other_people double precision
) returns double precision
language sql immutable parallel safe
return erfc(abs(lift) / sqrt(2 * nullif(pooled * (1 - pooled), 0) * (1 / people + 1 / other_people)));

-- The smallest difference of two rates that so many people show four times out of five (power 80 %, two-sided 5 %), where
-- `rate` of the others buys again. The difference widens the spread it has to stand out from, and the smaller group feels
-- it most: so it is looked for step by step (J. L. Fleiss, Statistical Methods for Rates and Proportions, 2nd ed., 1981,
-- section 3.2, for groups of unequal size). NULL where there are so few that not even everybody would do.
create or replace function ops.smallest_visible_lift(
    rate double precision, people double precision, other_people double precision
) returns double precision
language plpgsql immutable strict parallel safe
as $$
declare
    lift double precision := 0;
    lifted double precision;
    pooled double precision;
begin
    for step in 1..40 loop
        lifted := least(rate + lift, 1);
        pooled := (people * lifted + other_people * rate) / (people + other_people);
        lift := 1.959963984540054 * sqrt(pooled * (1 - pooled) * (1 / people + 1 / other_people))
            + 0.8416212335729143 * sqrt(lifted * (1 - lifted) / people + rate * (1 - rate) / other_people);
    end loop;
    return case when lift > 0 and rate + lift < 1 then lift end;
end
$$;

-- The 97.5 % quantile of Student's t: the expansion 26.7.5 of Abramowitz and Stegun, Handbook of Mathematical Functions
-- (1964). From 10 degrees of freedom on it is right to five digits.
create or replace function ops.student_quantile(freedom double precision) returns double precision
language sql immutable parallel safe
return 1.959963984540054
    + (1.959963984540054 ^ 3 + 1.959963984540054) / (4 * freedom)
    + (5 * 1.959963984540054 ^ 5 + 16 * 1.959963984540054 ^ 3 + 3 * 1.959963984540054) / (96 * freedom ^ 2)
    + (
        3 * 1.959963984540054 ^ 7 + 19 * 1.959963984540054 ^ 5 + 17 * 1.959963984540054 ^ 3 - 15 * 1.959963984540054
    ) / (384 * freedom ^ 3)
    + (
        79 * 1.959963984540054 ^ 9 + 776 * 1.959963984540054 ^ 7 + 1482 * 1.959963984540054 ^ 5
        - 1920 * 1.959963984540054 ^ 3 - 945 * 1.959963984540054
    ) / (92160 * freedom ^ 4);

-- Half the width of Welch's interval at 95 % for the difference of two means: B. L. Welch, The generalization of
-- 'Student's' problem when several different population variances are involved, Biometrika 34 (1947), 28-35. No bootstrap,
-- so that it is the same each time. `variance` is that of a group's mean (of its people, by their number). NULL where a
-- group has fewer than two people or nobody differs.
create or replace function ops.welch_half_width(
    variance double precision, people double precision, other_variance double precision, other_people double precision
) returns double precision
language sql immutable parallel safe
return ops.student_quantile(
    (variance + other_variance) ^ 2
    / nullif(variance ^ 2 / nullif(people - 1, 0) + other_variance ^ 2 / nullif(other_people - 1, 0), 0)
) * sqrt(variance + other_variance);
