// What there is: tables with their columns, skills and how they hang
// together, policies. Only what the reader's clearance covers.
import { useMemo, useState } from 'react';
import { Badge, Empty, Graph, Page, Section, Table, Tabs, safe } from '../../kit/index.js';
import { Loaded, useData } from '../parts.jsx';

function columnRow(column) {
	return {
		name: column.name,
		type: column.type ?? '',
		key: column.pk ? 'primary' : '',
		masked: column.masked ? 'masked' : '',
	};
}

function Tables({ tables }) {
	const [query, setQuery] = useState('');
	const needle = query.trim().toLowerCase();
	const shown = tables.filter(
		table =>
			!needle ||
			table.name.toLowerCase().includes(needle) ||
			(table.columns ?? []).some(column => column.name.toLowerCase().includes(needle)),
	);

	return (
		<div className="og-stack">
			<div className="ap-tools">
				<input
					type="search"
					className="og-in ap-filter"
					aria-label="Filter tables and columns"
					placeholder="Filter"
					value={query}
					onChange={event => setQuery(event.target.value)}
				/>
				<span className="ap-count" role="status">{`${shown.length} of ${tables.length} tables`}</span>
			</div>
			{shown.length === 0 && <Empty title="No table like that" text="Choose another filter." />}
			<div className="ap-tables">
				{shown.map(table => (
					<Table
						key={table.name}
						title={safe(table.name)}
						rows={(table.columns ?? []).map(columnRow)}
						search={false}
						columns={[
							{ key: 'name', label: 'Column', strong: true },
							{ key: 'type', label: 'Type', format: 'id' },
							{ key: 'key', label: 'Key' },
							{ key: 'masked', label: 'Shown', format: 'status', tones: { masked: 'warn' } },
						].filter(
							column =>
								column.key !== 'masked' || (table.columns ?? []).some(one => one.masked),
						)}
					/>
				))}
			</div>
		</div>
	);
}

const clearanceOf = node => node.properties?.clearance ?? node.clearance;

function graphOf({ nodes, edges }) {
	return {
		nodes: nodes.map(node => ({
			id: String(node.id),
			label: node.name ?? node.label,
			kind: `${node.label}, clearance ${clearanceOf(node) ?? 1}`,
			tone: clearanceOf(node) >= 3 ? 'warn' : clearanceOf(node) === 2 ? 'info' : '',
		})),
		edges: edges.map(edge => ({ from: String(edge.source), to: String(edge.target), type: edge.type })),
	};
}

const skillRow = node => ({
	name: node.name,
	kind: node.label,
	clearance: clearanceOf(node),
	roles: (node.properties?.roles ?? []).join(', '),
	tables: (node.properties?.tables ?? []).join(', '),
	description: node.description ?? '',
});

function Skills() {
	const found = useData('/api/graph');
	const graph = useMemo(() => found.data && graphOf(found.data), [found.data]);

	return (
		<Loaded
			from={found}
			what="The graph is being looked up"
			isEmpty={data => data.nodes.length === 0}
			empty={{ title: 'No skills', text: 'None is within your clearance.' }}
		>
			{data => (
				<div className="og-stack">
					<Section title="How skills hang together" hint="Amber: clearance 3, blue: 2">
						<Graph title="Skills" {...graph} />
					</Section>
					<Table
						title="Skills"
						rows={data.nodes.map(skillRow)}
						page={20}
						columns={[
							{ key: 'name', label: 'Skill', strong: true },
							{ key: 'kind', label: 'Kind' },
							{ key: 'clearance', label: 'Clearance', format: 'number' },
							{ key: 'roles', label: 'Roles' },
							{ key: 'tables', label: 'Tables', wrap: true },
							{ key: 'description', label: 'Purpose', wrap: true },
						]}
					/>
				</div>
			)}
		</Loaded>
	);
}

const policyRow = policy => ({
	name: policy.name,
	title: policy.title ?? '',
	source: policy.source ?? '',
	node: policy.node ?? '',
	clearance: policy.clearance,
	limits: Object.entries(policy.limits ?? {})
		.map(([name, value]) => `${name} ${value}`)
		.join(', '),
});

function Policies({ policies }) {
	return (
		<Table
			title="Policies"
			rows={policies.map(policyRow)}
			empty="No policy is within your clearance"
			page={20}
			columns={[
				{ key: 'name', label: 'Policy', strong: true },
				{ key: 'title', label: 'Title', wrap: true },
				{ key: 'source', label: 'Kind' },
				{ key: 'node', label: 'Governs' },
				{ key: 'limits', label: 'Limits' },
				{ key: 'clearance', label: 'Clearance', format: 'number' },
			].filter(column =>
				policies.some(
					one => policyRow(one)[column.key] !== '' && policyRow(one)[column.key] !== undefined,
				),
			)}
		/>
	);
}

export function Explore() {
	const found = useData('/api/schema');

	return (
		<Page title="Explore" subtitle="Tables, skills and policies within your clearance.">
			<Loaded from={found} what="The schema is being looked up">
				{data => (
					<>
						<p className="ap-badges">
							<Badge text={`${(data.tables ?? []).length} tables`} />
							<Badge text={`${(data.nodes ?? []).length} skills`} />
							<Badge
								text={`${data.counts?.policies ?? (data.policies ?? []).length} policies`}
							/>
							{data.counts?.passages !== undefined && (
								<Badge text={`${data.counts.passages} passages to search`} />
							)}
						</p>
						<Tabs labels={['Skills', 'Tables', 'Policies']}>
							<Skills />
							<Tables tables={data.tables ?? []} />
							<Policies policies={data.policies ?? []} />
						</Tabs>
					</>
				)}
			</Loaded>
		</Page>
	);
}
