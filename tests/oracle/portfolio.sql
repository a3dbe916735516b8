-- Features of docs/features.md over the Parquet files of a dataset folder, for every point of its spine.
-- {ledger} is the folder of the facts, {spine} the file of the points.
WITH points AS (
  SELECT
    borrower,
    as_of,
    date_trunc('month', as_of + 1)::DATE AS end_day,
    (date_trunc('month', as_of + 1) - INTERVAL 12 MONTH)::DATE AS year_day
  FROM '{spine}'
),

-- Bank lines: no copies, as far as they and their account were known. Tills and own transfers stand outside.
lines AS (
  SELECT
    p.*,
    t.happened_on AS day,
    t.amount_cents AS cents,
    t.category,
    t.certainty,
    datediff('month', t.happened_on, p.end_day) - 1 AS age,
    coalesce(a.kind = 'register', false) AS is_till,
    coalesce(a.kind = 'register', false)
      OR (t.transfer <> 'none' AND t.category NOT IN ('cash_deposit', 'cash_withdrawal')) AS is_internal,
    t.is_fed
  FROM points AS p
  JOIN '{ledger}/transactions.parquet' AS t USING (borrower)
  LEFT JOIN '{ledger}/accounts.parquet' AS a ON a.borrower = t.borrower AND a.account_id = t.account_id
  WHERE NOT t.is_duplicate
    AND t.happened_on <= p.as_of
    AND greatest(t.recorded_on, a.recorded_on) <= p.as_of
),

-- What somebody entered proves nothing beside what the bank delivered.
proven AS (
  SELECT *, NOT is_till AND (is_fed OR NOT bool_or(is_fed) OVER (PARTITION BY borrower, as_of)) AS is_proven
  FROM lines
),

bank AS (
  SELECT
    borrower,
    as_of,
    min(day) FILTER (is_proven) AS first_day,
    sum(cents) FILTER (is_business AND age BETWEEN 0 AND 11) AS surplus,
    sum(cents) FILTER (is_earned AND age BETWEEN 0 AND 11) AS earned_of_one,
    sum(cents * greatest(0, least(age + 1, 3) - greatest(0, age - 11))) FILTER (is_earned AND age BETWEEN 0 AND 13)
      AS earned_of_three,
    sum(cents * greatest(0, least(age + 1, 2) - greatest(0, age - 11))) FILTER (is_earned AND age BETWEEN 0 AND 12)
      AS earned_of_two,
    sum(cents) FILTER (is_moved AND age BETWEEN 0 AND 11) AS moved_of_one,
    sum(cents * greatest(0, least(age + 1, 3) - greatest(0, age - 11))) FILTER (is_moved AND age BETWEEN 0 AND 13)
      AS moved_of_three,
    sum(cents * greatest(0, least(age + 1, 2) - greatest(0, age - 11))) FILTER (is_moved AND age BETWEEN 0 AND 12)
      AS moved_of_two,
    sum(cents) FILTER (in_year AND NOT is_internal AND NOT is_financing AND category <> 'transfer') AS lenient,
    sum(cents) FILTER (in_year AND NOT is_internal AND category = 'transfer') AS moved,
    -sum(cents) FILTER (is_counted AND in_year AND category IN ('loan_service', 'lease')) AS service,
    -sum(cents) FILTER (is_counted AND in_year AND category = 'owner_drawing') AS drawn,
    sum(cents) FILTER (NOT is_internal AND is_proven AND cents > 0 AND day > as_of - 90) AS came,
    -sum(cents) FILTER (NOT is_internal AND cents < 0 AND day > as_of - 90) AS went,
    count(*) FILTER (category = 'returned_debit' AND cents <> 0 AND day > as_of - 90) AS returned,
    count(*) FILTER (category = 'garnishment' AND certainty = 'certain' AND day >= year_day) AS garnished
  FROM (
    SELECT
      *,
      day >= year_day AND day < end_day AS in_year,
      category IN ('loan_service', 'lease', 'loan_proceeds', 'owner_contribution') AS is_financing,
      NOT is_internal AND (is_proven OR cents < 0) AS is_counted,
      NOT is_internal AND (is_proven OR cents < 0)
        AND NOT is_financing AS is_business,
      is_business AND category <> 'transfer' AND NOT (category IN ('subsidy', 'insurance_benefit') AND cents > 0)
        AS is_earned,
      is_business AND category = 'transfer' AS is_moved
    FROM proven
  )
  GROUP BY borrower, as_of
),

-- Sales: no copies, nothing that was cancelled by then.
sales AS (
  SELECT p.*, i.customer, i.net_cents AS net
  FROM points AS p
  JOIN '{ledger}/invoices.parquet' AS i USING (borrower)
  WHERE (NOT i.is_duplicate OR i.duplicate_until IS NOT NULL)
    AND i.issued_on >= p.year_day
    AND i.issued_on < p.end_day
    AND greatest(i.recorded_on, i.sent_on, i.duplicate_until) <= p.as_of
    AND NOT EXISTS (
      FROM '{ledger}/cancellations.parquet' AS c
      WHERE i.document = 'invoice'
        AND c.borrower = i.borrower
        AND c.invoice_id = i.document_id
        AND greatest(c.happened_on, c.recorded_on) <= p.as_of
    )
),

customers AS (
  SELECT
    borrower,
    as_of,
    greatest(sum(net), 0) AS net,
    row_number() OVER (PARTITION BY borrower, as_of ORDER BY sum(net) DESC) AS place
  FROM sales
  WHERE customer IS NOT NULL
  GROUP BY borrower, as_of, customer
),

sold AS (
  SELECT borrower, as_of, sum(net) AS net FROM sales GROUP BY borrower, as_of
),

largest AS (
  SELECT
    borrower,
    as_of,
    sum(net) FILTER (place <= 1) AS top1,
    sum(net) FILTER (place <= 3) AS top3,
    sum(net) FILTER (place <= 5) AS top5
  FROM customers
  GROUP BY borrower, as_of
),

known AS (
  SELECT
    p.borrower,
    p.as_of,
    b.* EXCLUDE (borrower, as_of),
    datediff('month', b.first_day, p.as_of + 1) - (day(p.as_of + 1) < day(b.first_day))::INTEGER AS months,
    p.as_of + 1 - b.first_day AS days
  FROM points AS p
  LEFT JOIN bank AS b USING (borrower, as_of)
)

SELECT
  k.borrower,
  k.as_of,
  CASE WHEN months >= 12 THEN coalesce(surplus, 0) END AS liquidity_operating_surplus_12m_cents_v2,
  CASE
    WHEN months >= 14 THEN (coalesce(earned_of_three, 0) + least(coalesce(moved_of_three, 0), 0)) / 3
    WHEN months = 13 THEN (coalesce(earned_of_two, 0) + least(coalesce(moved_of_two, 0), 0)) / 2
    WHEN months = 12 THEN coalesce(earned_of_one, 0) + least(coalesce(moved_of_one, 0), 0)
  END AS liquidity_smoothed_surplus_12m_cents_v2,
  CASE WHEN months >= 12 THEN coalesce(lenient, 0) + greatest(coalesce(moved, 0), 0) END
    AS liquidity_lenient_surplus_12m_cents_v2,
  CASE WHEN months >= 12 THEN greatest(coalesce(service, 0), 0) END AS liquidity_debt_service_12m_cents_v2,
  CASE WHEN months >= 12 AND service > 0 THEN coalesce(surplus, 0) / service END AS liquidity_debt_service_cover_12m_v2,
  CASE WHEN months >= 12 THEN greatest(coalesce(drawn, 0), 0) END AS liquidity_drawings_12m_cents_v2,
  CASE WHEN days >= 90 AND went > 0 THEN coalesce(came, 0) / went END AS liquidity_inflow_outflow_ratio_90d_v2,
  CASE WHEN days >= 90 OR returned > 0 THEN returned END AS liquidity_returned_debit_count_90d_v2,
  CASE WHEN months >= 12 OR garnished > 0 THEN garnished END AS liquidity_garnishment_count_12m_v2,
  CASE WHEN s.net > 0 THEN least(coalesce(top1, 0), s.net) / s.net END AS customers_top1_share_12m_v2,
  CASE WHEN s.net > 0 THEN least(coalesce(top3, 0), s.net) / s.net END AS customers_top3_share_12m_v2,
  CASE WHEN s.net > 0 THEN least(coalesce(top5, 0), s.net) / s.net END AS customers_top5_share_12m_v2
FROM known AS k
LEFT JOIN sold AS s USING (borrower, as_of)
LEFT JOIN largest AS l USING (borrower, as_of)
ORDER BY k.borrower, k.as_of
