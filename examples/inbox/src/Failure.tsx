export function Failure({ what, retry }: { what: string; retry: () => unknown }) {
  return (
    <div className="empty" role="alert">
      <p>{what}</p>
      <button onClick={() => retry()}>Try again</button>
    </div>
  );
}
