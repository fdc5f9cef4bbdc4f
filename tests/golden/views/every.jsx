// Every component of the catalogue, over overview.json.
export default function View({ data, result }) {
	return (
		<Page title="Every component" subtitle="by hand">
			<Alert tone="info" title={result.answer} text="What follows is all there is." fix="Read on." />
			<Metrics
				currency="USD"
				items={[
					{ label: 'Orders', value: data.totals[0].orders, unit: 'pieces', delta: 0.042, hint: 'since last week' },
					{ label: 'Revenue', value: data.totals[0].revenue, format: 'money', tone: 'ok', delta: 'as planned' },
					{ label: 'By day', value: data.revenue_by_day.length, trend: data.revenue_by_day },
				]}
			/>
			<Grid>
				<Stack span={8}>
					<Section title="Charts" hint="of one and of several series">
						<BarChart rows={data.revenue_by_product} x="product" series={[{ key: 'revenue', label: 'Revenue' }]}
							format="money" currency="USD" reference={{ label: 'Target', value: 2000 }} />
						<BarChart
							rows={[{ q: 'Q1', web: 10, phone: 4 }, { q: 'Q2', web: 12.5, phone: 0 }]} x="q" stacked
							series={[{ key: 'web', label: 'Web' }, { key: 'phone', label: 'Phone' }]}
						/>
						<BarChart
							rows={[{ q: 'Q1', web: 10, phone: 4 }, { q: 'Q2', web: 12.5, phone: 0 }]} x="q"
							series={[{ key: 'web', label: 'Web' }, { key: 'phone', label: 'Phone', color: 4 }]}
						/>
						<LineChart
							rows={data.latest_orders} x="created_at" format="number"
							series={[{ key: 'total_amount', label: 'Amount' }, { key: 'lines', label: 'Lines' }]}
						/>
						<AreaChart
							rows={data.latest_orders} x="created_at" stacked
							series={[{ key: 'total_amount', label: 'Amount' }, { key: 'lines', label: 'Lines' }]}
						/>
						<Sparkline values={[3, 1.5, 4, 1, 5]} label="Digits" tone="ok" />
						<ShareBar by="channel" items={[{ label: 'web', value: 6 }, { label: 'phone', value: 3 }]} />
						<Meters items={[{ label: 'Steps', value: 8, max: 10, unit: 'steps' }]} />
					</Section>
					<Tabs labels={['Orders', 'Notes']}>
						<Table title="Latest orders" rows={data.latest_orders} sort={{ key: 'id', dir: 'asc' }} page={5} facet="status" />
						<Text>{data.latest_orders.length} orders &mdash; newest first</Text>
					</Tabs>
				</Stack>
				<Stack span={4}>
					<SagaRail lanes={2} steps={[
						{ title: 'Reserve', state: 'undone', detail: '1 row changed', undo: { title: 'Undone', state: 'done', detail: 'put back', turn: 1 } },
						{ title: 'Pay', state: 'failed', detail: 'refused', gap: 'Nothing to undo' },
					]} />
					<Timeline items={[{ title: 'Began', time: '2026-11-24T09:00:00Z', detail: 'by hand', tone: 'info' }]} />
					<Waterfall items={[
						{ title: 'task', start: 100, ms: 250.25 }, { title: 'step', start: 120, ms: 30, depth: 1, tone: 'bad' },
					]} />
					<Chain first={1} last={3} head="abc" entries={[
						{ seq: 1, title: 'Begin', what: 'task', state: 'ok' },
						{ seq: 2, title: 'Write', state: 'broken', problem: 'the row was changed', stored: 'qty 3', witnessed: 'qty 2' },
						{ seq: 3, title: 'End', state: 'suspect' },
					]} check="og-ledger verify" />
					<Integrity states=".x???" from={1} />
					<Diff before={'a\nb\nc'} after={`a\nB\nc`} before_label="stored" after_label="witnessed" />
					<Graph title="Tables" nodes={[
						{ id: 'orders', label: 'Orders', kind: 'table' }, { id: 'items', label: 'Items', kind: 'table', tone: 'info' },
					]} edges={[{ from: 'items', to: 'orders', type: 'order_id' }]} />
					<Citation policy="memo.md" title="The memo" line={4} text="No more than 500." />
					<KeyValue items={[{ label: 'Average', value: data.totals[0].average_order, format: 'money' }]} currency="USD" />
					<Code>SELECT 1 &lt; 2</Code>
					<Badge tone="warn">{data.totals[0].open_waivers} open</Badge>
					<Command title="Look" effect="read" text="og status" />
					<ActionButton action="nothing-known" label="Try" kind="primary" params={{ id: 3 }} />
					<ActionForm action="nothing-known" title="Fill in"><Command title="By hand" text="og-submit --wait" /></ActionForm>
					<Empty title="Nothing" text="to see" />
				</Stack>
			</Grid>
		</Page>
	);
}
