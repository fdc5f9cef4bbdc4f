/*
 * A Neo4j Community server for tests: on free ports of loopback, with all it
 * keeps in one folder, and the user neo4j with the password it is told on
 * standard input. Prints its HTTP port when it answers, and runs until it is
 * ended.
 *
 *	java -cp 'CLASSES:LIB/*' Neo4j FOLDER <PASSWORD
 */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.configuration.Config;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.configuration.connectors.ConnectorType;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.connectors.HttpsConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.graphdb.facade.DatabaseManagementServiceFactory;
import org.neo4j.graphdb.facade.GraphDatabaseDependencies;
import org.neo4j.graphdb.factory.module.edition.CommunityEditionModule;
import org.neo4j.kernel.impl.factory.DbmsInfo;
import org.neo4j.kernel.internal.GraphDatabaseAPI;

class Neo4j {
	static Config config(Path home) {
		return Config.newBuilder()
			.set(GraphDatabaseSettings.neo4j_home, home)
			.set(GraphDatabaseSettings.auth_enabled, true)
			.set(GraphDatabaseSettings.pagecache_memory, 8L << 20)
			// A plan once made stays: each test empties the database and fills it again.
			.set(GraphDatabaseSettings.query_statistics_divergence_threshold, 1.0)
			.set(HttpConnector.enabled, true)
			.set(HttpConnector.listen_address, new SocketAddress("127.0.0.1", 0))
			.set(HttpsConnector.enabled, false)
			.set(BoltConnector.enabled, true)
			.set(BoltConnector.listen_address, new SocketAddress("127.0.0.1", 0))
			.build();
	}

	public static void main(String[] args) throws Exception {
		var password = new BufferedReader(new InputStreamReader(System.in)).readLine();
		var server = new DatabaseManagementServiceFactory(DbmsInfo.COMMUNITY, CommunityEditionModule::new)
			.build(config(Path.of(args[0])), false, GraphDatabaseDependencies.newDependencies());
		var system = (GraphDatabaseAPI) server.database("system");

		system.executeTransactionally("ALTER USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED",
			Map.of("password", password));
		System.out.println(system.getDependencyResolver().resolveDependency(ConnectorPortRegister.class)
			.getLocalAddress(ConnectorType.HTTP).getPort());
		System.out.flush();
		Thread.currentThread().join();
	}
}
