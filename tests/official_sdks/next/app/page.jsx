// Where the sign-in page leads when it does not know where its visitor came from.
export default function Home() {
  return <h1>Welcome</h1>;
}
