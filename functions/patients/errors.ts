import { fastApi } from '../../core/fastapi/fast-api.ts';
import { InvalidInput, type Problem, type Spelling } from '../../core/http/problem.ts';

/** The limit, if a list has more items than a batch may have: that is a 413 and not a 422. */
function tooMany(problem: InvalidInput): number | undefined {
  const issue = problem.issues.map(({ issue }) => issue).find(({ code }) => code === 'too_big');
  return issue?.code === 'too_big' && issue.origin === 'array' ? Number(issue.maximum) : undefined;
}

/** Words problems of patients as FastAPI does, and those of a batch that is too large as 413. */
export const patientSpelling: Spelling = (problem: Problem) => {
  const limit = problem instanceof InvalidInput ? tooMany(problem) : undefined;
  return limit === undefined
    ? fastApi(problem)
    : { status: 413, body: { detail: `Batch size limited to ${limit} patients` } };
};
