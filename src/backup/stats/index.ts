/** Counting what a repository holds, from its records and lists alone. */
export {
  type BackupStats,
  type RepositoryStats,
  repositoryStats,
  type Stats,
  type TableStats,
} from './repository-stats.js';
